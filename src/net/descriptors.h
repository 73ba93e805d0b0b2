// SPDX-License-Identifier: MIT
#ifndef NET_DESCRIPTORS_H
#define NET_DESCRIPTORS_H

// A fork has copies of all that its parent had open. A guard or a raw socket must be gone when the parent closes it,
// and a process that does one thing only must not have them. Closes all descriptors but the standard ones and these
// two, which may be the same. Best effort: Linux 5.9 can.
void descriptors_keep(int a, int b);

// For a process that passes on what its parent's programs would get: closes all that exec would close, but one.
void descriptors_close_private(int but);

#endif
