/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/base/u-error.h"
#include "urlsession/loader/u-loader-private.h"
#include "urlsession/message/u-uri-private.h"

/*
 * Runs loads of one loader in the context of the test and writes down what they say: "s" sent, "i" informational,
 * "q" question, "r" response, "d" data (once for any number in a row), "." done without and "!" done with an error.
 */

typedef struct
{
  GMainContext *context;      /* owned, thread-default */
  ULoader *loader;            /* owned */
} Driver;

typedef struct _DriverLoad DriverLoad;
struct _DriverLoad
{
  ULoad *load;                /* owned; NULL once freed */
  GString *events;            /* owned */
  GByteArray *data;           /* owned; NULL: thrown away */
  guint64 n_data;
  gint64 n_wire;
  gint64 n_sent;
  gint64 body_sent;
  gint64 body_length;
  guint n_informational;
  gboolean encoded;
  UResponseData *response;    /* owned, nullable */
  GError *error;              /* owned, nullable */
  gboolean done;
  gboolean started;           /* start() has returned */
  gsize buffer_size;
  guint8 *buffer;             /* owned */
  gint64 credit;              /* what is left of it, to check that it is respected */
  gint64 send_credit;         /* at first */
  gboolean nothing_sent;

  /* Questions are answered on the next turn of the loop, with this, unless the test does it. */
  UChallengeAnswer answer;    /* at first: the default */
  UCredentialData *credential; /* owned, nullable; that of the answer */
  gboolean answers_itself;
  guint n_questions;
  UChallengeData *question;   /* owned, nullable; the last one */

  /* What the test does from inside an event. */
  void (*on_event) (DriverLoad *self, const ULoadEvent *event);
  gpointer user_data;
};

static inline Driver *
driver_new (ULoader *loader)
{
  Driver *self = g_new0 (Driver, 1);

  self->context = g_main_context_ref_thread_default ();
  self->loader = loader;

  return self;
}

static inline gboolean
driver_tick_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* Turns the loop until @condition, at most @seconds. The condition may come true in another thread. */
static inline gboolean
driver_wait (Driver *self, gboolean (*condition) (gpointer), gpointer user_data, double seconds)
{
  g_autoptr (GSource) tick = g_timeout_source_new (2);
  gint64 deadline = g_get_monotonic_time () + (gint64) (seconds * G_USEC_PER_SEC);
  gboolean met = FALSE;

  g_source_set_callback (tick, driver_tick_cb, NULL, NULL);
  g_source_attach (tick, self->context);
  while (!met && g_get_monotonic_time () < deadline)
    {
      g_main_context_iteration (self->context, TRUE);
      met = condition != NULL && condition (user_data);
    }
  g_source_destroy (tick);

  return met;
}

static inline void
driver_spin (Driver *self, double seconds)
{
  driver_wait (self, NULL, NULL, seconds);
}

static inline guint8 *
driver_get_buffer (gpointer user_data, gsize *size)
{
  DriverLoad *self = user_data;

  g_assert_false (self->done);
  *size = self->buffer_size;

  return self->buffer;
}

static inline gboolean
driver_answer_cb (gpointer user_data)
{
  DriverLoad *self = user_data;

  self->answer.credential = self->credential;
  if (self->load != NULL)
    u_load_answer (self->load, &self->answer);

  return G_SOURCE_REMOVE;
}

static inline void
driver_event (gpointer user_data, const ULoadEvent *event)
{
  static const char letters[] = { 's', 'i', 'q', 'r', 'd' };
  DriverLoad *self = user_data;

  g_assert_true (self->started);
  g_assert_false (self->done);
  g_assert_nonnull (self->load);

  switch (event->kind)
    {
    case U_LOAD_SENT:
      g_assert_cmpint (event->n_sent, >, 0);
      g_assert_cmpint (event->body_sent, <=, event->body_length);
      g_assert_null (self->response);
      self->n_sent += event->n_sent;
      self->body_sent = event->body_sent;
      self->body_length = event->body_length;
      break;
    case U_LOAD_INFORMATIONAL:
      g_assert_null (self->response);
      self->n_informational++;
      break;
    case U_LOAD_QUESTION:
      g_assert_null (self->response);
      g_clear_pointer (&self->question, u_challenge_data_unref);
      self->question = u_challenge_data_ref (event->challenge);
      self->n_questions++;
      if (!self->answers_itself)
        {
          g_autoptr (GSource) source = g_idle_source_new ();

          g_source_set_callback (source, driver_answer_cb, self, NULL);
          g_source_attach (source, g_main_context_get_thread_default ());
        }
      break;
    case U_LOAD_RESPONSE:
      g_assert_null (self->response);
      self->response = u_response_data_ref (event->response);
      self->encoded = event->encoded;
      break;
    case U_LOAD_DATA:
      {
        const guint8 *data = self->buffer;
        gsize length = event->length;

        g_assert_nonnull (self->response);
        if (event->bytes != NULL)
          data = g_bytes_get_data (event->bytes, &length);
        else
          g_assert_cmpuint (length, <=, self->buffer_size);
        g_assert_cmpuint (length, >, 0);
        if (self->credit != G_MAXINT64)
          {
            g_assert_cmpint (length, <=, self->credit);
            self->credit -= length;
          }
        if (self->data != NULL)
          g_byte_array_append (self->data, data, length);
        self->n_data += length;
        self->n_wire += event->wire_length;
      }
      break;
    case U_LOAD_DONE:
      self->n_wire += event->wire_length;
      self->done = TRUE;
      self->nothing_sent = event->nothing_sent;
      if (event->error != NULL)
        {
          g_assert_true (event->error->domain == U_ERROR);
          self->error = g_error_copy (event->error);
        }
      g_string_append_c (self->events, event->error != NULL ? '!' : '.');
      break;
    default:
      g_assert_not_reached ();
    }

  if (event->kind != U_LOAD_DONE
      && (self->events->len == 0 || self->events->str[self->events->len - 1] != letters[event->kind]))
    g_string_append_c (self->events, letters[event->kind]);

  if (self->on_event != NULL)
    self->on_event (self, event);
}

static inline DriverLoad *
driver_load_new (void)
{
  DriverLoad *self = g_new0 (DriverLoad, 1);

  self->events = g_string_new (NULL);
  self->data = g_byte_array_new ();
  self->buffer_size = 64 * 1024;
  self->buffer = g_malloc (self->buffer_size);
  self->credit = G_MAXINT64;
  self->send_credit = G_MAXINT64;

  return self;
}

static inline void
driver_load_free (DriverLoad *self)
{
  g_clear_pointer (&self->load, u_load_free);
  g_string_free (self->events, TRUE);
  g_clear_pointer (&self->data, g_byte_array_unref);
  g_clear_pointer (&self->response, u_response_data_unref);
  g_clear_pointer (&self->question, u_challenge_data_unref);
  g_clear_pointer (&self->credential, u_credential_data_unref);
  g_clear_error (&self->error);
  g_free (self->buffer);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DriverLoad, driver_load_free)

/* @params: its request is set here unless it is there. */
static inline void
driver_start (Driver *self, DriverLoad *load, const char *url, ULoadParams *params)
{
  static const ULoadSink sink = { driver_get_buffer, driver_event };
  g_autoptr (URequestData) request = NULL;

  if (params->request == NULL)
    params->request = request = u_request_data_new (url);
  g_assert_nonnull (params->request->parsed);
  params->credit = load->credit;
  params->send_credit = load->send_credit;
  load->load = u_loader_start (self->loader, params, &sink, load);
  load->started = TRUE;
  if (request != NULL)
    params->request = NULL;
}

static inline void
driver_set_credit (DriverLoad *load, gint64 credit)
{
  load->credit = credit;
  u_load_set_credit (load->load, credit);
}

static inline gboolean
driver_load_is_done (gpointer load)
{
  return ((DriverLoad *) load)->done;
}

static inline void
driver_wait_done (Driver *self, DriverLoad *load)
{
  g_assert_true (driver_wait (self, driver_load_is_done, load, 20));
}

/* A GET from its start to its end. */
static inline DriverLoad *
driver_get (Driver *self, const char *url)
{
  DriverLoad *load = driver_load_new ();
  ULoadParams params = { .decode = TRUE, .priority = 0.5 };

  driver_start (self, load, url, &params);
  driver_wait_done (self, load);

  return load;
}

static inline void
driver_free (Driver *self)
{
  self->loader->klass->free_loader (self->loader);
  /* What the loader left to be released after the stack is unwound, and what it cancelled. */
  for (guint i = 0; i < 10; i++)
    driver_spin (self, 0.005);
  g_main_context_unref (self->context);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Driver, driver_free)

/* Every test has a context of its own, as an I/O thread has. */
static inline GMainContext *
driver_push_context (void)
{
  GMainContext *context = g_main_context_new ();

  g_main_context_push_thread_default (context);

  return context;
}

static inline void
driver_pop_context (GMainContext *context)
{
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);
}

#define driver_assert_text(load, text) \
  g_assert_cmpmem ((load)->data->data, (load)->data->len, text, strlen (text))
