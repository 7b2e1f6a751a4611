/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "u-test-signal-log.h"

#include <string.h>

struct _UTestSignalLog
{
  GMainContext *context;      /* owned */
  GThread *inside;            /* who is in an emission, nullable; atomic */
  gboolean show_tasks;

  GMutex lock;                /* of what follows */
  GQueue entries;             /* of char *, owned */
  GByteArray *body;           /* owned */
  GPtrArray *watches;         /* of Watch, owned */
};

/* One handler. */
typedef struct
{
  UTestSignalLog *log;
  GWeakRef object;
  gulong handler;
  char *name;                 /* owned */
} Watch;

static void
watch_free (gpointer data)
{
  Watch *watch = data;
  g_autoptr (GObject) object = g_weak_ref_get (&watch->object);

  if (object != NULL)
    g_signal_handler_disconnect (object, watch->handler);
  g_weak_ref_clear (&watch->object);
  g_free (watch->name);
  g_free (watch);
}

UTestSignalLog *
u_test_signal_log_new (GMainContext *context)
{
  UTestSignalLog *self = g_new0 (UTestSignalLog, 1);

  g_mutex_init (&self->lock);
  g_queue_init (&self->entries);
  self->context = g_main_context_ref (context);
  self->body = g_byte_array_new ();
  self->watches = g_ptr_array_new_with_free_func (watch_free);

  return self;
}

void
u_test_signal_log_free (UTestSignalLog *self)
{
  g_ptr_array_unref (self->watches);
  g_queue_clear_full (&self->entries, g_free);
  g_byte_array_unref (self->body);
  g_main_context_unref (self->context);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
u_test_signal_log_show_tasks (UTestSignalLog *self)
{
  self->show_tasks = TRUE;
}

static void
append_nick (GString *entry, GType type, int value)
{
  g_autoptr (GEnumClass) klass = g_type_class_ref (type);

  g_string_append_printf (entry, " %s", g_enum_get_value (klass, value)->value_nick);
}

static void
append_error (GString *entry, const GError *error)
{
  if (error == NULL)
    {
      g_string_append (entry, " ok");
      return;
    }

  g_assert_cmpstr (g_quark_to_string (error->domain), ==, g_quark_to_string (U_ERROR));
  append_nick (entry, U_TYPE_ERROR, error->code);
}

static void
append_message (GString *entry, UWebSocketMessage *message)
{
  if (u_web_socket_message_get_kind (message) == U_WEB_SOCKET_MESSAGE_KIND_TEXT)
    g_string_append_printf (entry, " “%s”", u_web_socket_message_get_text (message));
  else
    g_string_append_printf (entry, " %" G_GSIZE_FORMAT, g_bytes_get_size (u_web_socket_message_get_bytes (message)));
}

/* Whether there may be one or many of it. */
static gboolean
is_repeated (const char *entry)
{
  static const char * const names[] = {
    "received-data", "wrote-data", "sent-data", "task-received-data", "task-wrote-data", "task-sent-data",
    "notify::bytes", "notify::fraction", "notify::time",
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      if (g_str_has_prefix (entry, names[i]))
        return TRUE;
    }

  return FALSE;
}

static void
append (UTestSignalLog *self, const char *name, const GValue *params, guint n_params)
{
  g_autoptr (GString) entry = g_string_new (name);
  UTask *task = NULL;

  for (guint i = 0; i < n_params && task == NULL; i++)
    {
      if (G_VALUE_HOLDS (&params[i], U_TYPE_TASK))
        task = g_value_get_object (&params[i]);
    }
  if (self->show_tasks && task != NULL)
    g_string_append_printf (entry, " #%" G_GUINT64_FORMAT, u_task_get_identifier (task));

  g_mutex_lock (&self->lock);
  if (g_str_equal (name, "notify::state"))
    append_nick (entry, U_TYPE_TASK_STATE, u_task_get_state (task));
  for (guint i = 1; i < n_params; i++)
    {
      if (G_VALUE_HOLDS (&params[i], G_TYPE_ERROR))
        append_error (entry, g_value_get_boxed (&params[i]));
      if (G_VALUE_HOLDS (&params[i], G_TYPE_UINT))
        g_string_append_printf (entry, " %u", g_value_get_uint (&params[i]));
      if (G_VALUE_HOLDS (&params[i], G_TYPE_STRING))
        g_string_append_printf (entry, " “%s”", g_value_get_string (&params[i]));
      if (G_VALUE_HOLDS (&params[i], U_TYPE_WEB_SOCKET_MESSAGE))
        append_message (entry, g_value_get_object (&params[i]));
      if (G_VALUE_HOLDS (&params[i], G_TYPE_BYTES) && g_str_equal (name, "received-data"))
        {
          gsize length;
          const guint8 *data = g_bytes_get_data (g_value_get_boxed (&params[i]), &length);

          g_assert_cmpuint (length, >, 0);
          g_byte_array_append (self->body, data, (guint) length);
        }
    }
  if (!is_repeated (entry->str) || g_strcmp0 (g_queue_peek_tail (&self->entries), entry->str) != 0)
    g_queue_push_tail (&self->entries, g_strdup (entry->str));
  g_mutex_unlock (&self->lock);
}

static void
marshal (GClosure     *closure,
         GValue       *result,
         guint         n_params,
         const GValue *params,
         gpointer      hint,
         gpointer      marshal_data)
{
  Watch *watch = closure->data;
  UTestSignalLog *self = watch->log;
  GThread *other = g_atomic_pointer_get (&self->inside);

  g_assert_true (g_main_context_is_owner (self->context));
  /* A call inside a handler may emit task-created; another thread may emit nothing. */
  g_assert_true (other == NULL || other == g_thread_self ());
  g_atomic_pointer_set (&self->inside, g_thread_self ());
  append (self, watch->name, params, n_params);
  g_atomic_pointer_set (&self->inside, other);
}

void
u_test_signal_log_watch_signal (UTestSignalLog *self, gpointer object, const char *signal)
{
  Watch *watch = g_new0 (Watch, 1);
  GClosure *closure = g_closure_new_simple (sizeof (GClosure), watch);

  g_closure_set_marshal (closure, marshal);
  watch->log = self;
  watch->name = g_strdup (signal);
  g_weak_ref_init (&watch->object, object);
  watch->handler = g_signal_connect_closure (object, signal, closure, FALSE);
  g_assert_cmpuint (watch->handler, !=, 0);

  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->watches, watch);
  g_mutex_unlock (&self->lock);
}

void
u_test_signal_log_watch_notify (UTestSignalLog *self, gpointer object, const char *property)
{
  g_autofree char *signal = g_strconcat ("notify::", property, NULL);

  u_test_signal_log_watch_signal (self, object, signal);
}

void
u_test_signal_log_watch (UTestSignalLog *self, gpointer object)
{
  for (GType type = G_OBJECT_TYPE (object); type != G_TYPE_OBJECT; type = g_type_parent (type))
    {
      guint n_ids;
      g_autofree guint *ids = g_signal_list_ids (type, &n_ids);

      for (guint i = 0; i < n_ids; i++)
        {
          /* Metrics are measured for who asks; tests of other things do not. */
          if (!g_str_has_suffix (g_signal_name (ids[i]), "collected-metrics"))
            u_test_signal_log_watch_signal (self, object, g_signal_name (ids[i]));
        }
    }
}

/* (transfer full) (nullable): the oldest entry. */
char *
u_test_signal_log_pop (UTestSignalLog *self)
{
  char *entry;

  g_mutex_lock (&self->lock);
  entry = g_queue_pop_head (&self->entries);
  g_mutex_unlock (&self->lock);

  return entry;
}

void
u_test_signal_log_assert_next (UTestSignalLog *self, const char *expected)
{
  g_autofree char *entry = u_test_signal_log_pop (self);

  g_assert_cmpstr (entry, ==, expected);
}

guint
u_test_signal_log_skip (UTestSignalLog *self, const char *prefix)
{
  guint n = 0;

  g_mutex_lock (&self->lock);
  while (!g_queue_is_empty (&self->entries) && g_str_has_prefix (g_queue_peek_head (&self->entries), prefix))
    {
      g_free (g_queue_pop_head (&self->entries));
      n++;
    }
  g_mutex_unlock (&self->lock);

  return n;
}

void
u_test_signal_log_assert_empty (UTestSignalLog *self)
{
  g_autofree char *entry = u_test_signal_log_pop (self);

  g_assert_cmpstr (entry, ==, NULL);
}

void
u_test_signal_log_clear (UTestSignalLog *self)
{
  g_mutex_lock (&self->lock);
  g_queue_clear_full (&self->entries, g_free);
  g_byte_array_set_size (self->body, 0);
  g_mutex_unlock (&self->lock);
}

guint
u_test_signal_log_count (UTestSignalLog *self, const char *prefix)
{
  guint n = 0;

  g_mutex_lock (&self->lock);
  for (GList *l = self->entries.head; l != NULL; l = l->next)
    n += g_str_has_prefix (l->data, prefix);
  g_mutex_unlock (&self->lock);

  return n;
}

GBytes *
u_test_signal_log_dup_body (UTestSignalLog *self)
{
  GBytes *body;

  g_mutex_lock (&self->lock);
  body = g_bytes_new (self->body->data, self->body->len);
  g_mutex_unlock (&self->lock);

  return body;
}
