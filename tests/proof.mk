# What proves the engine beyond its unit tests: simulated networks. Included by the Makefile.

.PHONY: soak

# The simulation is no part of cmocka's tests: the soak uses it too.
SIM := $(patsubst %.c,$(BUILD)/%.o,$(filter-out tests/sim/test_%.c tests/sim/soak.c,$(wildcard tests/sim/*.c)))
SOAK := $(BUILD)/tests/sim/soak

$(filter $(BUILD)/tests/sim/%,$(TESTS)): %: %.o $(SIM) $(LIB_OBJECTS)
	@echo "  LINK  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(SIM) $(LIB_OBJECTS) -lcmocka

$(SOAK): %: %.o $(SIM) $(LIB_OBJECTS)
	@echo "  LINK  $@"
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(SIM) $(LIB_OBJECTS)

.SECONDARY: $(SIM) $(SOAK).o
-include $(SIM:.o=.d) $(SOAK).d

SEEDS ?= 100000
soak: $(SOAK) ## SEEDS=100000 simulated networks on all processors; SEED=N tells one, packet by packet
	$(Q)$(SOAK) $(if $(SEED),-v $(SEED),$(SEEDS) $(FIRST))
