// SPDX-License-Identifier: MIT
//
// Reading the options of lab (see lab_options.h). Called by lab.c.
#include "cmd/lab_options.h"

#include <ctype.h>
#include <string.h>

#include "cmd/complain.h"

enum { ALL, CONTROL, STEP, ASK, PREDICT };

// clang-format off
const struct option_spec lab_option_specs[LAB_OPTIONS] = {
    {0, "all", NULL, "run all experiments at once, and print a table of what came out", ALL},
    {0, "control", NULL, "leave the deviation out: the evidence must then be missing", CONTROL},
    {'s', "step", NULL, "pause before each segment of ours", STEP},
    {0, "ask", NULL, "ask for a prediction also where standard input is no terminal", ASK},
    {0, "predict", "LETTER", "the prediction, so that nobody asks for it: a, b ...", PREDICT},
    VIEW_OPTION_SPECS(VIEW_VERBOSE_FIELDS),
    PARSE_HELP_OPTION,
};
// clang-format on

static bool find(const char *name, struct lab_options *options) {
    const char *names[LAB_COURSE_MAX];
    for (size_t i = 0; i < lab_course_count; i++) {
        names[i] = lab_course[i]->name;
        if (strcmp(name, names[i]) != 0)
            continue;
        options->experiment = lab_course[i];
        options->number = (unsigned)i + 1;
        return true;
    }
    const char *near = nearest_name(name, names, lab_course_count);
    if (near)
        complain("experiment '%.40s': unknown: did you mean '%s'?", name, near);
    else
        complain("experiment '%.40s': unknown: 'rawshake lab' lists them", name);
    return false;
}

static bool take_prediction(const char *text, struct lab_options *options) {
    options->predicted = (char)tolower((unsigned char)text[0]);
    if (options->predicted >= 'a' && options->predicted < 'a' + LAB_CHOICES_MAX && text[1] == '\0')
        return true;
    complain("--predict '%.40s': not the letter of a choice: a, b ...", text);
    return false;
}

static bool take(const struct parse *parse, int id, void *self) {
    struct lab_options *o = self;
    if (view_option_is(id))
        return view_option_take(id, parse->argument, &o->view);
    switch (id) {
    case PARSE_ARGUMENT:
        if (!o->experiment)
            return find(parse->argument, o);
        complain("'%.40s': one experiment at a time, or --all", parse->argument);
        return false;
    case ALL:
        return o->all = true;
    case CONTROL:
        return o->control = true;
    case STEP:
        return o->step = true;
    case ASK:
        return o->ask = true;
    default:
        return take_prediction(parse->argument, o);
    }
}

// Returns false after a complaint.
static bool agree(const struct lab_options *o) {
    if (o->all && o->experiment)
        complain("--all and '%s': one or the other", o->experiment->name);
    else if (o->all && (o->step || o->ask || o->predicted || o->view.verbosity > 0 || view_options_any(&o->view)))
        complain("--all prints a table: to see one experiment, or to write its views, name it");
    else if (!o->experiment && !o->all && o->control)
        complain("--control: of which experiment? Name it, or add --all");
    else if (!o->experiment && !o->all &&
             (o->step || o->ask || o->predicted || o->view.verbosity > 0 || o->view.pcapng || o->view.html ||
              o->view.diagram))
        complain("which experiment? 'rawshake lab' lists them");
    else if (o->control && (o->ask || o->predicted))
        complain("--control: without the deviation there is nothing to predict: leave %s out",
                 o->ask ? "--ask" : "--predict");
    else if (o->predicted && o->ask)
        complain("--predict and --ask: the prediction is made already: leave one of them out");
    else if (o->predicted && o->experiment && !o->experiment->choices[o->predicted - 'a'])
        complain("--predict %c: '%s' has fewer choices than that", o->predicted, o->experiment->name);
    else
        return view_options_agree(&o->view);
    return false;
}

int lab_options_parse(const struct command *command, int argc, char **argv, struct lab_options *options) {
    *options = (struct lab_options){.all = false};
    int status = parse_words(command, argc, argv, take, options);
    if (status >= 0)
        return status;
    return agree(options) ? -1 : EXIT_USAGE;
}
