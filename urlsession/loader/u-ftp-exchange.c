/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-ftp-thread-private.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "urlsession/auth/u-http-auth-private.h"

/* Blocks of the body of the request that wait to be sent. */
#define MAX_BLOCKS 2

/* How long the end of the process waits for the threads. */
#define EXIT_PATIENCE_US (G_USEC_PER_SEC / 2)

/* Without a port, and with this one, ftps: begins with TLS; with that of ftp: it begins without. */
#define IMPLICIT_PORT 990
#define EXPLICIT_PORT 21

/* The threads that run: the end of the process waits for them. */
static struct
{
  GMutex lock;
  GCond cond;
  GPtrArray *exchanges;       /* not owned: each leaves before it is gone */
} running;

typedef struct
{
  GSource source;
} ChangeSource;

static gboolean
change_dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  g_source_set_ready_time (source, -1);

  return callback != NULL ? callback (user_data) : G_SOURCE_REMOVE;
}

static GSourceFuncs change_source_funcs = { .dispatch = change_dispatch };

static void
exchange_unref (UFtpExchange *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;

  g_source_unref (self->source);
  g_free (self->location);
  g_free (self->name);
  g_free (self->url);
  g_free (self->masked_url);
  u_secret_free (self->user);
  u_secret_free (self->password);
  u_secret_free (self->proxy);
  g_free (self->ca_file);
  g_free (self->validator);
  g_free (self->modified);
  g_clear_pointer (&self->listing, u_ftp_listing_free);
  g_array_unref (self->sockets);
  g_byte_array_unref (self->arrived);
  g_queue_clear_full (&self->blocks, (GDestroyNotify) g_bytes_unref);
  u_ftp_news_clear (&self->news);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

void
u_ftp_news_clear (UFtpNews *news)
{
  g_clear_pointer (&news->response, u_response_data_unref);
  g_clear_pointer (&news->bytes, g_bytes_unref);
  g_clear_error (&news->error);
  g_clear_pointer (&news->remote_address, g_free);
  g_clear_pointer (&news->local_address, g_free);
}

void
u_ftp_exchange_wake (UFtpExchange *self)
{
  g_source_set_ready_time (self->source, 0);
}

gboolean
u_ftp_exchange_is_stopped (UFtpExchange *self)
{
  gboolean stopped;

  g_mutex_lock (&self->lock);
  stopped = self->stopped;
  g_mutex_unlock (&self->lock);

  return stopped;
}

static gpointer
thread_func (gpointer user_data)
{
  UFtpExchange *self = user_data;

  u_ftp_thread_run (self);

  g_mutex_lock (&running.lock);
  g_ptr_array_remove_fast (running.exchanges, self);
  g_cond_broadcast (&running.cond);
  g_mutex_unlock (&running.lock);
  exchange_unref (self);

  return NULL;
}

static void
stop (UFtpExchange *self)
{
  g_mutex_lock (&self->lock);
  self->stopped = TRUE;
  if (self->multi != NULL)
    curl_multi_wakeup (self->multi);
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* Destructors of the libraries below run after this. */
static void
exit_cb (void)
{
  gint64 deadline = g_get_monotonic_time () + EXIT_PATIENCE_US;

  g_mutex_lock (&running.lock);
  for (guint i = 0; i < running.exchanges->len; i++)
    stop (running.exchanges->pdata[i]);
  while (running.exchanges->len > 0 && g_cond_wait_until (&running.cond, &running.lock, deadline))
    ;
  g_mutex_unlock (&running.lock);
}

/* They are not here, and whoever held the lock is not either. */
static void
fork_child (void)
{
  memset (&running, 0, sizeof running);
  running.exchanges = g_ptr_array_new ();
}

static void
init_once (void)
{
  static gsize once;

  if (g_once_init_enter (&once))
    {
      curl_global_init (CURL_GLOBAL_DEFAULT);
      running.exchanges = g_ptr_array_new ();
      pthread_atfork (NULL, NULL, fork_child);
      atexit (exit_cb);
      g_once_init_leave (&once, 1);
    }
}

/* ---- The side of the load ---- */

static UFtpSecurity
choose_security (const UFtpTarget *target)
{
  if (!target->secure)
    return U_FTP_PLAIN;

  return target->port == EXPLICIT_PORT ? U_FTP_EXPLICIT_TLS : U_FTP_IMPLICIT_TLS;
}

UFtpExchange *
u_ftp_exchange_new (const UFtpPlan *plan, GSourceFunc changed, gpointer user_data)
{
  UFtpExchange *self = g_new0 (UFtpExchange, 1);
  GThread *thread;

  init_once ();

  g_atomic_ref_count_init (&self->ref_count);
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->verb = plan->target->verb;
  self->security = choose_security (plan->target);
  self->may_be_explicit = plan->target->port > 0 && plan->target->port != IMPLICIT_PORT;
  self->converts_lines = plan->target->text;
  self->location = g_strdup (plan->target->location);
  self->name = g_strdup (plan->target->name);
  self->url = g_strdup (plan->url);
  self->masked_url = g_strdup (plan->masked_url);
  self->user = g_strdup (plan->credential != NULL && plan->credential->user != NULL ? plan->credential->user
                                                                                    : "anonymous");
  self->password = g_strdup (plan->credential == NULL ? "anonymous@"
                             : plan->credential->password != NULL ? plan->credential->password : "");
  self->proxy = g_strdup (plan->proxy);
  self->ca_file = g_strdup (plan->ca_file);
  self->minimum = plan->minimum;
  self->maximum = plan->maximum;
  self->forward_secrecy = plan->forward_secrecy;
  self->offset = plan->validator != NULL ? plan->offset : 0;
  self->validator = g_strdup (plan->validator);
  self->body_length = plan->body_length;
  self->send_credit = G_MAXINT64;
  self->sockets = g_array_new (FALSE, FALSE, sizeof (curl_socket_t));
  self->arrived = g_byte_array_new ();
  g_queue_init (&self->blocks);
  self->easy = curl_easy_init ();
  self->multi = curl_multi_init ();

  self->source = g_source_new (&change_source_funcs, sizeof (ChangeSource));
  g_source_set_static_name (self->source, "[urlsession] ftp: exchange");
  g_source_set_callback (self->source, changed, user_data, NULL);
  g_source_attach (self->source, g_main_context_get_thread_default ());

  g_mutex_lock (&running.lock);
  g_ptr_array_add (running.exchanges, self);
  g_mutex_unlock (&running.lock);
  g_atomic_ref_count_inc (&self->ref_count);
  thread = g_thread_new ("urlsession-ftp", thread_func, self);
  g_thread_unref (thread);

  return self;
}

void
u_ftp_exchange_set_credit (UFtpExchange *self, gint64 credit)
{
  g_mutex_lock (&self->lock);
  self->credit = credit;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  if (credit > 0)
    u_ftp_exchange_wake (self);
}

void
u_ftp_exchange_set_send_credit (UFtpExchange *self, gint64 credit)
{
  g_mutex_lock (&self->lock);
  self->send_credit = credit;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

void
u_ftp_exchange_give (UFtpExchange *self, GBytes *bytes)
{
  g_mutex_lock (&self->lock);
  if (bytes == NULL)
    self->body_ended = TRUE;
  else if (g_bytes_get_size (bytes) > 0)
    g_queue_push_tail (&self->blocks, g_bytes_ref (bytes));
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* Called with the lock held. */
static GBytes *
take_arrived (UFtpExchange *self)
{
  gsize length = (gsize) MIN (MAX (self->credit, 0), (gint64) self->arrived->len);
  GBytes *bytes;

  if (length == 0)
    return NULL;

  if (length == self->arrived->len)
    {
      bytes = g_byte_array_free_to_bytes (self->arrived);
      self->arrived = g_byte_array_new ();
    }
  else
    {
      bytes = g_bytes_new (self->arrived->data, length);
      g_byte_array_remove_range (self->arrived, 0, (guint) length);
    }
  if (self->credit != G_MAXINT64)
    self->credit -= (gint64) length;
  g_cond_broadcast (&self->cond);

  return bytes;
}

/* Of a body, done is told when all of it was taken. */
void
u_ftp_exchange_take (UFtpExchange *self, UFtpNews *news)
{
  g_mutex_lock (&self->lock);
  *news = self->news;
  self->news.response = NULL;
  self->news.n_sent = 0;
  if (news->response == NULL)
    news->bytes = take_arrived (self);
  news->wants_body = self->blocks.length < MAX_BLOCKS && !self->body_ended;
  news->done = self->news.done && self->arrived->len == 0 && news->response == NULL;
  if (news->done)
    {
      self->news.error = NULL;
      self->news.remote_address = NULL;
      self->news.local_address = NULL;
      self->news.done = FALSE;
    }
  else
    {
      news->error = NULL;
      news->remote_address = NULL;
      news->local_address = NULL;
    }
  g_mutex_unlock (&self->lock);
}

void
u_ftp_exchange_free (UFtpExchange *self)
{
  g_source_destroy (self->source);
  stop (self);
  exchange_unref (self);
}
