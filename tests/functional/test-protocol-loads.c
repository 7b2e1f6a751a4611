/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "protocol-fixture.h"
int main (void) { return 0; }
