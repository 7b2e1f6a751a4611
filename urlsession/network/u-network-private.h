/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What is known of the network of this machine. It is a hint: a connection is tried whatever it says, and its changes
 * are a reason to try again. Atomically reference-counted; any thread. */
typedef struct _UNetwork UNetwork;
typedef struct _UNetworkWatch UNetworkWatch;

typedef struct
{
  gboolean known;             /* all that can be asked was; what follows is a guess before */
  gboolean available;         /* there is a route to somewhere: wrong under VPNs, and at start-up */
  gboolean cellular;
  gboolean expensive;         /* metered */
  gboolean constrained;       /* power is being saved */
} UNetworkState;

typedef void (*UNetworkFunc) (gpointer user_data);

/* The real one; (transfer full). It looks from the first call on, and wakes nobody while nothing changes. */
UNetwork      *u_network_ref_default     (void);
/* For tests: what is the real one from now on; NULL: what it is. */
void           u_network_set_default     (UNetwork            *network);
/* One that is what a test says. */
UNetwork      *u_network_new_dummy       (const UNetworkState *state);
void           u_network_dummy_set_state (UNetwork            *self,
                                          const UNetworkState *state);
UNetwork      *u_network_ref             (UNetwork            *self);
void           u_network_unref           (UNetwork            *self);

/* What is known now; before that a network is there, of no particular kind. */
void           u_network_get_state       (UNetwork            *self,
                                          UNetworkState       *state);
/* @func is called in @context after each change, until u_network_unwatch(), which is to be called on the thread of
 * @context. */
UNetworkWatch *u_network_watch           (UNetwork            *self,
                                          GMainContext        *context,
                                          UNetworkFunc         func,
                                          gpointer             user_data);
void           u_network_unwatch         (UNetworkWatch       *watch);

/* For an adapter: what it has found out. */
UNetwork      *u_network_new             (void);
void           u_network_set_state       (UNetwork            *self,
                                          const UNetworkState *state);

G_END_DECLS
