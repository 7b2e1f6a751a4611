/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#if defined(U_COMPILATION)
#define _U_EXTERN __attribute__ ((visibility ("default"))) extern
#else
#define _U_EXTERN extern
#endif

#define U_AVAILABLE_IN_ALL _U_EXTERN
