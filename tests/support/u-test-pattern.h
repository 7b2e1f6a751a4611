/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * U_TEST_SEED:
 *
 * The seed of the body that `/bytes/N` sends.
 */
#define U_TEST_SEED 1

/**
 * U_TEST_SEED_CHANGED:
 *
 * The seed of the body that `/bytes/N?change-after-first` sends from the second request on.
 */
#define U_TEST_SEED_CHANGED 2

void    u_test_pattern               (guint64  offset,
                                      guint8  *buffer,
                                      gsize    length);
GBytes *u_test_pattern_bytes         (guint64  length);
char   *u_test_pattern_sha256        (guint64  length);

void    u_test_pattern_seeded        (guint64  seed,
                                      guint64  offset,
                                      guint8  *buffer,
                                      gsize    length);
GBytes *u_test_pattern_bytes_seeded  (guint64  seed,
                                      guint64  length);
char   *u_test_pattern_sha256_seeded (guint64  seed,
                                      guint64  length);

G_END_DECLS
