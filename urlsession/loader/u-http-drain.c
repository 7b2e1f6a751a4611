/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-http-drain-private.h"

#include "urlsession/loader/u-http-engine-private.h"

/* Bytes that connections read between two looks at the bodies. */
#define STEP (64 * 1024)

#if !U_SOUP_HAS_FLOW_CONTROL

typedef struct
{
  GPtrArray *bodies;          /* owned; of UHttpBody, not owned: each takes itself out */
  gsize n_read;               /* since the last look */
  gboolean looking;           /* the look itself reads, from streams that tell of it in the same way */
} Drain;

static void
drain_free (gpointer data)
{
  Drain *self = data;

  g_ptr_array_unref (self->bodies);
  g_free (self);
}

/* Of this thread; NULL in all that are none of ours. */
static GPrivate current_drain = G_PRIVATE_INIT (drain_free);

static void
look (Drain *self)
{
  g_autoptr (GPtrArray) bodies = g_ptr_array_new_full (self->bodies->len, (GDestroyNotify) u_http_body_unref);

  for (guint i = 0; i < self->bodies->len; i++)
    g_ptr_array_add (bodies, u_http_body_ref (g_ptr_array_index (self->bodies, i)));

  self->looking = TRUE;
  self->n_read = 0;
  for (guint i = 0; i < bodies->len; i++)
    u_http_body_take_arrived (g_ptr_array_index (bodies, i));
  self->looking = FALSE;
}

/* A connection has read a block from the network, and did not look into it yet: everything before it is in the bodies,
 * and libsoup is at a place where any of its functions may be called. */
static gboolean
read_data_hook (GSignalInvocationHint *hint, guint n_values, const GValue *values, gpointer user_data)
{
  Drain *self = g_private_get (&current_drain);

  if (self != NULL && !self->looking && self->bodies->len > 0)
    {
      self->n_read += g_value_get_uint (&values[1]);
      if (self->n_read >= STEP)
        look (self);
    }

  return TRUE;
}

/* The stream below a connection tells of each read by a signal; there is no way to that stream, but there is one to all
 * streams of its type. Should the type ever change, bodies are bounded less strictly, and nothing else happens. */
static void
install_hook_once (void)
{
  static gsize once;

  if (g_once_init_enter (&once))
    {
      GType type = g_type_from_name ("SoupFilterInputStream");
      guint id = type != 0 ? g_signal_lookup ("read-data", type) : 0;
      GSignalQuery query = { 0, };

      if (id != 0)
        g_signal_query (id, &query);
      if (id != 0 && query.n_params == 1 && query.param_types[0] == G_TYPE_UINT)
        g_signal_add_emission_hook (id, 0, read_data_hook, NULL, NULL);
      else
        g_debug ("This libsoup does not tell when a connection reads");
      g_once_init_leave (&once, 1);
    }
}

void
u_http_drain_add (UHttpBody *body)
{
  Drain *self = g_private_get (&current_drain);

  install_hook_once ();
  if (self == NULL)
    {
      self = g_new0 (Drain, 1);
      self->bodies = g_ptr_array_new ();
      g_private_set (&current_drain, self);
    }
  g_ptr_array_add (self->bodies, body);
}

void
u_http_drain_remove (UHttpBody *body)
{
  Drain *self = g_private_get (&current_drain);

  if (self != NULL)
    g_ptr_array_remove_fast (self->bodies, body);
}

#else

void
u_http_drain_add (UHttpBody *body)
{
}

void
u_http_drain_remove (UHttpBody *body)
{
}

#endif
