/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* Emits `notify` here and now. g_object_notify() does not while the object is frozen, and g_object_set() in another
 * thread freezes it for a moment: then that thread would emit it, outside of the context of the session. */
static inline void
u_notify (gpointer object, GParamSpec *pspec)
{
  G_OBJECT_GET_CLASS (object)->dispatch_properties_changed (G_OBJECT (object), 1, &pspec);
}

static inline void
u_notify_by_name (gpointer object, const char *property)
{
  u_notify (object, g_object_class_find_property (G_OBJECT_GET_CLASS (object), property));
}

G_END_DECLS
