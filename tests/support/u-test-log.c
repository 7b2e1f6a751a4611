/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-log-private.h"

/* Of one request body; what is above is counted, not kept. */
#define MAX_BODY_KEPT (16 * 1024 * 1024)

typedef struct
{
  guint64 serial;             /* the place among all requests, cleared or not */
  guint connection_id;
  UTestRequest *request;      /* owned */
  GByteArray *body;           /* owned; the first MAX_BODY_KEPT bytes */
  guint64 body_length;
} LogEntry;

struct _UTestLog
{
  GMutex lock;                /* of all below */
  GCond changed;
  GPtrArray *entries;         /* owned; of LogEntry */
  guint64 next_serial;
  guint64 released;           /* requests with a lower serial do not pause */
  guint counts[U_TEST_N_COUNTS];
  GHashTable *targets;        /* owned; target → how often it was asked for */
  GHashTable *dropped;        /* owned; targets whose first response was dropped */
};

static void
log_entry_free (gpointer data)
{
  LogEntry *entry = data;

  u_test_request_unref (entry->request);
  g_byte_array_unref (entry->body);
  g_free (entry);
}

UTestLog *
u_test_log_new (void)
{
  UTestLog *self = g_atomic_rc_box_new0 (UTestLog);

  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->entries = g_ptr_array_new_with_free_func (log_entry_free);
  self->targets = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->dropped = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  return self;
}

UTestLog *
u_test_log_ref (UTestLog *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
log_clear (gpointer data)
{
  UTestLog *self = data;

  g_ptr_array_unref (self->entries);
  g_hash_table_unref (self->targets);
  g_hash_table_unref (self->dropped);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
}

void
u_test_log_unref (UTestLog *self)
{
  g_atomic_rc_box_release_full (self, log_clear);
}

/* Called with the lock held. */
static void
log_count (UTestLog *self, UTestCount count, int change)
{
  self->counts[count] += change;
  g_cond_broadcast (&self->changed);
}

/*
 * u_test_log_connection_opened:
 *
 * Returns the number of the connection, from 1.
 */
guint
u_test_log_connection_opened (UTestLog *self)
{
  guint id;

  g_mutex_lock (&self->lock);
  log_count (self, U_TEST_COUNT_CONNECTIONS, 1);
  log_count (self, U_TEST_COUNT_OPEN_CONNECTIONS, 1);
  self->counts[U_TEST_COUNT_MAX_OPEN_CONNECTIONS] = MAX (self->counts[U_TEST_COUNT_MAX_OPEN_CONNECTIONS],
                                                         self->counts[U_TEST_COUNT_OPEN_CONNECTIONS]);
  id = self->counts[U_TEST_COUNT_CONNECTIONS];
  g_mutex_unlock (&self->lock);

  return id;
}

void
u_test_log_connection_closed (UTestLog *self)
{
  g_mutex_lock (&self->lock);
  log_count (self, U_TEST_COUNT_OPEN_CONNECTIONS, -1);
  g_mutex_unlock (&self->lock);
}

/*
 * u_test_log_request_begun:
 *
 * Notes a request whose head is there. Returns its serial number.
 */
guint64
u_test_log_request_begun (UTestLog *self, UTestRequest *request, guint connection_id)
{
  LogEntry *entry = g_new0 (LogEntry, 1);
  guint64 serial;

  entry->connection_id = connection_id;
  entry->request = u_test_request_ref (request);
  entry->body = g_byte_array_new ();

  g_mutex_lock (&self->lock);
  serial = self->next_serial++;
  entry->serial = serial;
  g_ptr_array_add (self->entries, entry);
  log_count (self, U_TEST_COUNT_REQUESTS, 1);
  log_count (self, U_TEST_COUNT_IN_FLIGHT, 1);
  g_mutex_unlock (&self->lock);

  return serial;
}

/*
 * u_test_log_request_body:
 *
 * Adds to the body of a request, which may have been cleared away meanwhile.
 */
void
u_test_log_request_body (UTestLog *self, guint64 serial, const guint8 *data, gsize length)
{
  g_mutex_lock (&self->lock);
  for (guint i = self->entries->len; i > 0; i--)
    {
      LogEntry *entry = g_ptr_array_index (self->entries, i - 1);

      if (entry->serial != serial)
        continue;
      if (entry->body->len < MAX_BODY_KEPT)
        g_byte_array_append (entry->body, data, MIN (length, MAX_BODY_KEPT - entry->body->len));
      entry->body_length += length;
      break;
    }
  g_mutex_unlock (&self->lock);
}

void
u_test_log_request_ended (UTestLog *self)
{
  g_mutex_lock (&self->lock);
  log_count (self, U_TEST_COUNT_IN_FLIGHT, -1);
  g_mutex_unlock (&self->lock);
}

/*
 * u_test_log_count_target:
 *
 * Counts a request for @target. Returns how many there were before.
 */
guint
u_test_log_count_target (UTestLog *self, const char *target)
{
  guint n;

  g_mutex_lock (&self->lock);
  n = GPOINTER_TO_UINT (g_hash_table_lookup (self->targets, target));
  g_hash_table_insert (self->targets, g_strdup (target), GUINT_TO_POINTER (n + 1));
  g_mutex_unlock (&self->lock);

  return n;
}

/*
 * u_test_log_drop_first:
 *
 * Whether the response about to be dropped is the first one for @target.
 */
gboolean
u_test_log_drop_first (UTestLog *self, const char *target)
{
  gboolean first;

  g_mutex_lock (&self->lock);
  first = g_hash_table_add (self->dropped, g_strdup (target));
  g_mutex_unlock (&self->lock);

  return first;
}

void
u_test_log_paused (UTestLog *self, gboolean paused)
{
  g_mutex_lock (&self->lock);
  log_count (self, U_TEST_COUNT_PAUSED, paused ? 1 : -1);
  g_mutex_unlock (&self->lock);
}

gboolean
u_test_log_is_released (UTestLog *self, guint64 serial)
{
  gboolean released;

  g_mutex_lock (&self->lock);
  released = serial < self->released;
  g_mutex_unlock (&self->lock);

  return released;
}

/*
 * u_test_log_release:
 *
 * Lets every request go that has come up to now, so that a test need not know whether the server has reached the
 * point where it would wait.
 */
void
u_test_log_release (UTestLog *self)
{
  g_mutex_lock (&self->lock);
  self->released = self->next_serial;
  g_mutex_unlock (&self->lock);
}

/*
 * u_test_log_clear:
 *
 * Forgets the requests, and takes the connections open now as the maximum. Connections keep their numbers. What
 * the server does next does not change: the second request for a URL stays the second.
 */
void
u_test_log_clear (UTestLog *self)
{
  g_mutex_lock (&self->lock);
  g_ptr_array_set_size (self->entries, 0);
  self->counts[U_TEST_COUNT_REQUESTS] = 0;
  self->counts[U_TEST_COUNT_MAX_OPEN_CONNECTIONS] = self->counts[U_TEST_COUNT_OPEN_CONNECTIONS];
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->lock);
}

guint
u_test_log_get_count (UTestLog *self, UTestCount count)
{
  guint n;

  g_mutex_lock (&self->lock);
  n = self->counts[count];
  g_mutex_unlock (&self->lock);

  return n;
}

static gboolean
log_wait (UTestLog *self, UTestCount count, guint n, gboolean or_more, guint timeout_ms)
{
  gint64 deadline = g_get_monotonic_time () + timeout_ms * G_TIME_SPAN_MILLISECOND;
  gboolean reached;

  g_mutex_lock (&self->lock);
  while (!(reached = self->counts[count] == n || (or_more && self->counts[count] > n)))
    {
      if (!g_cond_wait_until (&self->changed, &self->lock, deadline))
        break;
    }
  g_mutex_unlock (&self->lock);

  return reached;
}

gboolean
u_test_log_wait_at_least (UTestLog *self, UTestCount count, guint n, guint timeout_ms)
{
  return log_wait (self, count, n, TRUE, timeout_ms);
}

gboolean
u_test_log_wait_equal (UTestLog *self, UTestCount count, guint n, guint timeout_ms)
{
  return log_wait (self, count, n, FALSE, timeout_ms);
}

/*
 * u_test_log_dup_lines:
 *
 * "METHOD target" of each request, in the order their heads came.
 */
char **
u_test_log_dup_lines (UTestLog *self)
{
  GPtrArray *lines = g_ptr_array_new ();

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->entries->len; i++)
    {
      LogEntry *entry = g_ptr_array_index (self->entries, i);

      g_ptr_array_add (lines, g_strconcat (entry->request->method, " ", entry->request->target, NULL));
    }
  g_mutex_unlock (&self->lock);
  g_ptr_array_add (lines, NULL);

  return (char **) g_ptr_array_free (lines, FALSE);
}

/* Called with the lock held. */
static LogEntry *
log_get_entry (UTestLog *self, guint index)
{
  return index < self->entries->len ? g_ptr_array_index (self->entries, index) : NULL;
}

/*
 * u_test_log_get_request:
 *
 * Returns: (transfer full) (nullable): the head of a request
 */
UTestRequest *
u_test_log_get_request (UTestLog *self, guint index)
{
  UTestRequest *request = NULL;
  LogEntry *entry;

  g_mutex_lock (&self->lock);
  entry = log_get_entry (self, index);
  if (entry != NULL)
    request = u_test_request_ref (entry->request);
  g_mutex_unlock (&self->lock);

  return request;
}

GBytes *
u_test_log_dup_body (UTestLog *self, guint index)
{
  GBytes *body;
  LogEntry *entry;

  g_mutex_lock (&self->lock);
  entry = log_get_entry (self, index);
  body = entry != NULL ? g_bytes_new (entry->body->data, entry->body->len) : g_bytes_new (NULL, 0);
  g_mutex_unlock (&self->lock);

  return body;
}

guint64
u_test_log_get_body_length (UTestLog *self, guint index)
{
  guint64 length;
  LogEntry *entry;

  g_mutex_lock (&self->lock);
  entry = log_get_entry (self, index);
  length = entry != NULL ? entry->body_length : 0;
  g_mutex_unlock (&self->lock);

  return length;
}

guint *
u_test_log_dup_connection_ids (UTestLog *self, gsize *n)
{
  guint *ids;

  g_mutex_lock (&self->lock);
  *n = self->entries->len;
  ids = g_new (guint, *n);
  for (guint i = 0; i < self->entries->len; i++)
    ids[i] = ((LogEntry *) g_ptr_array_index (self->entries, i))->connection_id;
  g_mutex_unlock (&self->lock);

  return ids;
}
