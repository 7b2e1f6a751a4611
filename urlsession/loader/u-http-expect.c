/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-http-expect-private.h"

/* Half of the programs that ask wait for a second; curl does. */
#define PATIENCE_MS 1000

/* Who has said something else meanwhile is at work. */
#define LONGER_PATIENCE_MS 2500

struct _UHttpExpect
{
  SoupMessage *message;       /* owned */
  void (*in_vain) (gpointer user_data);
  gpointer user_data;
  GSource *timer;             /* owned, nullable */
  gboolean continued;         /* the server wants the body */
};

static void
disarm (UHttpExpect *self)
{
  if (self->timer == NULL)
    return;

  g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
}

static gboolean
timer_cb (gpointer user_data)
{
  UHttpExpect *self = user_data;

  disarm (self);
  self->in_vain (self->user_data);

  return G_SOURCE_REMOVE;
}

static void
arm (UHttpExpect *self, guint delay)
{
  disarm (self);
  self->timer = g_timeout_source_new (delay);
  g_source_set_static_name (self->timer, "[urlsession] wait for 100 Continue");
  g_source_set_callback (self->timer, timer_cb, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

static void
wrote_headers_cb (SoupMessage *message, gpointer user_data)
{
  arm (user_data, PATIENCE_MS);
}

static void
got_informational_cb (SoupMessage *message, gpointer user_data)
{
  UHttpExpect *self = user_data;

  if (self->continued)
    return;
  if (soup_message_get_status (message) != SOUP_STATUS_CONTINUE)
    {
      arm (self, LONGER_PATIENCE_MS);
      return;
    }
  self->continued = TRUE;
  disarm (self);
}

static void
got_headers_cb (SoupMessage *message, gpointer user_data)
{
  disarm (user_data);
}

/* libsoup sends the message over another connection. */
static void
restarted_cb (SoupMessage *message, gpointer user_data)
{
  UHttpExpect *self = user_data;

  self->continued = FALSE;
  disarm (self);
}

UHttpExpect *
u_http_expect_new (SoupMessage *message, void (*in_vain) (gpointer user_data), gpointer user_data)
{
  UHttpExpect *self = g_new0 (UHttpExpect, 1);

  self->message = g_object_ref (message);
  self->in_vain = in_vain;
  self->user_data = user_data;
  soup_message_headers_set_expectations (soup_message_get_request_headers (message), SOUP_EXPECTATION_CONTINUE);
  g_signal_connect (message, "wrote-headers", G_CALLBACK (wrote_headers_cb), self);
  g_signal_connect (message, "got-informational", G_CALLBACK (got_informational_cb), self);
  g_signal_connect (message, "got-headers", G_CALLBACK (got_headers_cb), self);
  g_signal_connect (message, "restarted", G_CALLBACK (restarted_cb), self);

  return self;
}

void
u_http_expect_stop (UHttpExpect *self)
{
  disarm (self);
  g_signal_handlers_disconnect_by_data (self->message, self);
}

void
u_http_expect_free (UHttpExpect *self)
{
  u_http_expect_stop (self);
  g_object_unref (self->message);
  g_free (self);
}

gboolean
u_http_expect_has_continued (UHttpExpect *self)
{
  return self->continued;
}

gboolean
u_http_expect_was_refused (UHttpExpect *self)
{
  return !self->continued && soup_message_get_status (self->message) == SOUP_STATUS_EXPECTATION_FAILED;
}
