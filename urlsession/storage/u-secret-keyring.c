/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/storage/u-secret-keyring-private.h"

#include "urlsession/base/u-error.h"
#include "urlsession/u-config.h"

#ifdef HAVE_LIBSECRET

#include <libsecret/secret.h>

#include "urlsession/base/u-worker-private.h"

/* All of it happens on one I/O thread, asynchronously: nothing here blocks, and the service proxy is touched nowhere
 * else. The connection to the bus is our own: the one that g_bus_get() shares ends the application together with the
 * bus. */

/* How long the service may take to answer what needs nobody's consent, in milliseconds. */
#define ANSWER_MS (5 * 1000)

/* How long it may take when it asks the user. */
#define PROMPT_MS (60 * 1000)

/* After a failure to reach the service, for how long nobody waits for it again, in microseconds. */
#define QUIET_US (10 * G_USEC_PER_SEC)

/* After the user has not unlocked the keyring, for how long nobody asks again, in microseconds. */
#define UNWANTED_US (300 * G_USEC_PER_SEC)

/* In the attribute "object", to tell the password of a proxy from that of a server there. */
#define OBJECT_PROXY "proxy"

typedef enum {
  OPERATION_LOOKUP,
  OPERATION_STORE,
  OPERATION_REMOVE,
} OperationKind;

typedef struct
{
  UWorkItem item;             /* on its way to the I/O thread */
  guint ref_count;            /* on the I/O thread: of the queue or of a call, and of the timer */
  OperationKind kind;
  UProtectionSpaceData *space; /* owned */
  UCredentialData *credential; /* owned; STORE */
  char *user;                 /* owned, nullable; REMOVE: NULL: any */
  UKeyringFoundFunc found;    /* LOOKUP */
  UKeyringDoneFunc done;      /* the others */
  gpointer user_data;
  GCancellable *cancellable;  /* owned */
  GSource *timer;             /* owned, nullable */
  gboolean is_over;           /* `found` or `done` was called */
  gboolean is_for_any;        /* LOOKUP: what was found names no method */
  GList *items;               /* owned; of SecretItem; what REMOVE has yet to remove */
  SecretItem *item_found;     /* owned, nullable; LOOKUP: locked */
} Operation;

typedef struct
{
  UKeyring base;

  GMutex lock;                /* of the worker */
  UWorker *worker;            /* NULL until the first call */

  /* On the I/O thread only. */
  GDBusConnection *connection; /* owned, nullable; for the next service */
  SecretService *service;     /* owned, nullable */
  gboolean is_connecting;
  GQueue waiting;             /* of Operation, owned: in the order of the calls */
  gboolean is_writing;        /* a STORE or a REMOVE is under way */
  gboolean is_prompting;
  GQueue prompts;             /* of Operation, owned: lookups that wait for the end of another one's prompt */
  guint answer_ms;            /* ANSWER_MS, but for a test */
  guint prompt_ms;            /* PROMPT_MS, but for a test */
  gint64 quiet_until;         /* monotonic time */
  gint64 unwanted_until;      /* monotonic time */
} SecretKeyring;

static SecretKeyring keyring;

/* A SecretService takes its connection from g_bus_get() and has no other door; the properties of a proxy can be set
 * until its constructor is done. */
typedef struct
{
  SecretService parent_instance;
} UKeyringService;

typedef struct
{
  SecretServiceClass parent_class;
} UKeyringServiceClass;

static GType u_keyring_service_get_type (void);

G_DEFINE_TYPE (UKeyringService, u_keyring_service, SECRET_TYPE_SERVICE)

static GObject *
u_keyring_service_constructor (GType type, guint n_properties, GObjectConstructParam *properties)
{
  GObject *object = G_OBJECT_CLASS (u_keyring_service_parent_class)->constructor (type, n_properties, properties);

  g_object_set (object, "g-bus-type", G_BUS_TYPE_NONE, "g-connection", keyring.connection, NULL);

  return object;
}

static void
u_keyring_service_class_init (UKeyringServiceClass *klass)
{
  G_OBJECT_CLASS (klass)->constructor = u_keyring_service_constructor;
}

static void
u_keyring_service_init (UKeyringService *self)
{
}

static void pump (void);
static void begin_unlock (Operation *self);

static Operation *
operation_ref (Operation *self)
{
  self->ref_count++;

  return self;
}

static void
operation_unref (gpointer data)
{
  Operation *self = data;

  if (--self->ref_count > 0)
    return;

  u_protection_space_data_unref (self->space);
  g_clear_pointer (&self->credential, u_credential_data_unref);
  g_free (self->user);
  g_object_unref (self->cancellable);
  g_list_free_full (self->items, g_object_unref);
  g_clear_object (&self->item_found);
  g_free (self);
}

static void
clear_timer (Operation *self)
{
  if (self->timer != NULL)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
}

/* Tells the result, once. */
static void
finish (Operation *self, UCredentialData *credential, const GError *error)
{
  if (self->is_over)
    return;

  self->is_over = TRUE;
  clear_timer (self);
  if (self->kind == OPERATION_LOOKUP)
    {
      if (error != NULL)
        g_debug ("No password from the keyring for %s: %s", self->space->host, error->message);
      self->found (credential, self->is_for_any, self->user_data);
    }
  else if (error != NULL)
    {
      g_autoptr (GError) explained =
        g_error_new (U_ERROR, U_ERROR_RESOURCE_UNAVAILABLE,
                     "The keyring did not %s a password for %s, which is remembered no longer than this program runs: "
                     "%s", self->kind == OPERATION_STORE ? "take" : "remove", self->space->host, error->message);

      g_debug ("%s", explained->message);
      self->done (explained, self->user_data);
    }
  else
    {
      self->done (NULL, self->user_data);
    }
}

static void
drop_service (void)
{
  if (keyring.service != NULL)
    g_signal_handlers_disconnect_by_data (keyring.service, &keyring);
  g_clear_object (&keyring.service);
}

static gboolean
timer_cb (gpointer data)
{
  Operation *self = data;
  GError error = { G_IO_ERROR, G_IO_ERROR_TIMED_OUT, (char *) "it does not answer in time" };

  if (keyring.is_prompting)
    {
      keyring.unwanted_until = g_get_monotonic_time () + UNWANTED_US;
    }
  else
    {
      keyring.quiet_until = g_get_monotonic_time () + QUIET_US;
      drop_service ();
    }
  g_clear_pointer (&self->timer, g_source_unref);
  finish (self, NULL, &error);
  g_cancellable_cancel (self->cancellable);

  return G_SOURCE_REMOVE;
}

static void
set_timer (Operation *self, guint milliseconds)
{
  clear_timer (self);
  self->timer = g_timeout_source_new (milliseconds);
  g_source_set_callback (self->timer, timer_cb, operation_ref (self), operation_unref);
  g_source_attach (self->timer, u_worker_get_context (keyring.worker));
}

static char *
dup_socket_address (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "bus", NULL);
  g_autofree char *escaped = NULL;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return NULL;
  escaped = g_dbus_address_escape_value (path);

  return g_strconcat ("unix:path=", escaped, NULL);
}

/* The bus that is there. GLib's own search starts one where there is none, and waits for it. */
static char *
dup_bus_address (void)
{
  const char *address = g_getenv ("DBUS_SESSION_BUS_ADDRESS");

  if (address != NULL && *address != '\0')
    return g_str_has_prefix (address, "autolaunch:") ? NULL : g_strdup (address);

  return dup_socket_address (g_get_user_runtime_dir ());
}

static void
fail_waiting (const GError *error)
{
  Operation *operation;

  keyring.is_connecting = FALSE;
  keyring.quiet_until = g_get_monotonic_time () + QUIET_US;
  while ((operation = g_queue_pop_head (&keyring.waiting)) != NULL)
    {
      finish (operation, NULL, error);
      operation_unref (operation);
    }
}

static void
owner_changed_cb (GObject *object, GParamSpec *pspec, gpointer user_data)
{
  /* Another process: it does not know the session of the old one. */
  drop_service ();
}

static void
opened_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  GObject *service = g_async_initable_new_finish (G_ASYNC_INITABLE (source), result, &error);

  if (service == NULL)
    {
      fail_waiting (error);
      return;
    }
  keyring.is_connecting = FALSE;
  keyring.service = SECRET_SERVICE (service);
  g_signal_connect (service, "notify::g-name-owner", G_CALLBACK (owner_changed_cb), &keyring);
  pump ();
}

static void
connected_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  keyring.connection = g_dbus_connection_new_for_address_finish (result, &error);
  if (keyring.connection == NULL)
    {
      fail_waiting (error);
      return;
    }
  g_async_initable_new_async (u_keyring_service_get_type (), G_PRIORITY_DEFAULT, NULL, opened_cb, NULL,
                              "flags", SECRET_SERVICE_OPEN_SESSION,
                              NULL);
  /* The service has it. */
  g_clear_object (&keyring.connection);
}

static void
connect_service (void)
{
  g_autofree char *address = dup_bus_address ();

  if (address == NULL)
    {
      GError error = { G_IO_ERROR, G_IO_ERROR_NOT_FOUND, (char *) "there is no session bus" };

      fail_waiting (&error);
      return;
    }
  keyring.is_connecting = TRUE;
  g_dbus_connection_new_for_address (address,
                                     G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
                                     G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                     NULL, NULL, connected_cb, NULL);
}

static const char *
get_type_name (UAuthenticationMethod method)
{
  switch (method)
    {
    case U_AUTHENTICATION_METHOD_HTTP_BASIC:
      return "basic";
    case U_AUTHENTICATION_METHOD_HTTP_DIGEST:
      return "digest";
    case U_AUTHENTICATION_METHOD_HTML_FORM:
      return "form";
    case U_AUTHENTICATION_METHOD_NTLM:
      return "ntlm";
    case U_AUTHENTICATION_METHOD_NEGOTIATE:
      return "negotiate";
    case U_AUTHENTICATION_METHOD_CLIENT_CERTIFICATE:
      return "certificate";
    case U_AUTHENTICATION_METHOD_SERVER_TRUST:
      return "trust";
    case U_AUTHENTICATION_METHOD_DEFAULT:
    default:
      return "default";
    }
}

/* What a search can name. Whatever else there is in an item is compared by matches(): a search finds items that have
 * more attributes than were asked for. */
static GHashTable *
make_search (UProtectionSpaceData *space)
{
  GHashTable *attributes = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);

  g_hash_table_insert (attributes, (gpointer) "server", g_strdup (space->host));
  g_hash_table_insert (attributes, (gpointer) "protocol", g_strdup (space->protocol));
  g_hash_table_insert (attributes, (gpointer) "port", g_strdup_printf ("%u", space->port));

  return attributes;
}

static GHashTable *
make_attributes (UProtectionSpaceData *space, const char *user)
{
  GHashTable *attributes = make_search (space);

  g_hash_table_insert (attributes, (gpointer) "authtype", g_strdup (get_type_name (space->method)));
  g_hash_table_insert (attributes, (gpointer) "user", g_strdup (user != NULL ? user : ""));
  if (space->realm != NULL)
    g_hash_table_insert (attributes, (gpointer) "domain", g_strdup (space->realm));
  if (space->is_proxy)
    g_hash_table_insert (attributes, (gpointer) "object", g_strdup (OBJECT_PROXY));

  return attributes;
}

/* 0: another space; 1: the space, with no method named; 2: the space */
static int
matches (SecretItem *item, UProtectionSpaceData *space, const char *user)
{
  g_autoptr (GHashTable) attributes = secret_item_get_attributes (item);
  const char *type = g_hash_table_lookup (attributes, "authtype");

  if (g_strcmp0 (g_hash_table_lookup (attributes, "domain"), space->realm) != 0 ||
      g_strcmp0 (g_hash_table_lookup (attributes, "object"), space->is_proxy ? OBJECT_PROXY : NULL) != 0)
    return 0;
  if (user != NULL && g_strcmp0 (g_hash_table_lookup (attributes, "user"), user) != 0)
    return 0;

  if (g_strcmp0 (type, get_type_name (space->method)) == 0)
    return 2;

  return g_strcmp0 (type, get_type_name (U_AUTHENTICATION_METHOD_DEFAULT)) == 0 ? 1 : 0;
}

static void
finish_with_secret (Operation *self, SecretItem *item)
{
  g_autoptr (SecretValue) value = secret_item_get_secret (item);
  g_autoptr (GHashTable) attributes = secret_item_get_attributes (item);
  g_autoptr (UCredentialData) credential = NULL;
  const char *text = value != NULL ? secret_value_get_text (value) : NULL;

  if (text != NULL)
    credential = u_credential_data_new (g_hash_table_lookup (attributes, "user"), text,
                                        U_CREDENTIAL_PERSISTENCE_PERMANENT);
  finish (self, credential, NULL);
}

static void
end_prompt (void)
{
  Operation *next;

  keyring.is_prompting = FALSE;
  next = g_queue_pop_head (&keyring.prompts);
  if (next != NULL)
    begin_unlock (next);
}

static void
loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Operation *self = user_data;
  g_autoptr (GError) error = NULL;

  if (secret_item_load_secret_finish (SECRET_ITEM (source), result, &error))
    finish_with_secret (self, SECRET_ITEM (source));
  else
    finish (self, NULL, error);
  operation_unref (self);
}

static void
unlocked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Operation *self = user_data;
  g_autoptr (GError) error = NULL;
  int n_unlocked = secret_service_unlock_finish (SECRET_SERVICE (source), result, NULL, &error);

  if (n_unlocked > 0)
    {
      secret_item_load_secret (self->item_found, self->cancellable, loaded_cb, operation_ref (self));
    }
  else
    {
      /* The user does not want to be asked by every transfer. */
      keyring.unwanted_until = g_get_monotonic_time () + UNWANTED_US;
      finish (self, NULL, error);
    }
  operation_unref (self);
  end_prompt ();
}

/* Consumes a reference. One prompt at a time: the first may unlock what the others want. */
static void
begin_unlock (Operation *self)
{
  GList objects = { self->item_found, NULL, NULL };

  if (self->is_over || keyring.service == NULL || g_get_monotonic_time () < keyring.unwanted_until)
    {
      finish (self, NULL, NULL);
      operation_unref (self);
      if (!keyring.is_prompting)
        end_prompt ();
    }
  else if (keyring.is_prompting)
    {
      g_queue_push_tail (&keyring.prompts, self);
    }
  else
    {
      keyring.is_prompting = TRUE;
      secret_service_unlock (keyring.service, &objects, self->cancellable, unlocked_cb, self);
    }
}

static void
searched_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Operation *self = user_data;
  g_autoptr (GError) error = NULL;
  GList *items = secret_service_search_finish (SECRET_SERVICE (source), result, &error);
  SecretItem *best = NULL;
  int best_match = 0;

  if (error != NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    drop_service ();

  for (GList *l = items; l != NULL; l = l->next)
    {
      int match = matches (l->data, self->space, NULL);

      /* Of several users the one who was stored last. */
      if (match > best_match ||
          (match > 0 && match == best_match && secret_item_get_modified (l->data) > secret_item_get_modified (best)))
        {
          best = l->data;
          best_match = match;
        }
    }

  self->is_for_any = best_match == 1;
  if (best != NULL && secret_item_get_locked (best))
    {
      self->item_found = g_object_ref (best);
      set_timer (self, keyring.prompt_ms);
      begin_unlock (operation_ref (self));
    }
  else if (best != NULL)
    {
      finish_with_secret (self, best);
    }
  else
    {
      finish (self, NULL, error);
    }
  g_list_free_full (items, g_object_unref);
  operation_unref (self);
}

static void
end_write (Operation *self, const GError *error)
{
  finish (self, NULL, error);
  keyring.is_writing = FALSE;
  operation_unref (self);
  pump ();
}

static void
stored_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  secret_service_store_finish (SECRET_SERVICE (source), result, &error);
  end_write (user_data, error);
}

static void remove_next (Operation *self);

static void
removed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (secret_item_delete_finish (SECRET_ITEM (source), result, &error))
    remove_next (user_data);
  else
    end_write (user_data, error);
}

static void
remove_next (Operation *self)
{
  while (self->items != NULL)
    {
      g_autoptr (SecretItem) item = self->items->data;

      self->items = g_list_delete_link (self->items, self->items);
      if (matches (item, self->space, self->user) == 2)
        {
          secret_item_delete (item, self->cancellable, removed_cb, self);
          return;
        }
    }
  end_write (self, NULL);
}

static void
searched_to_remove_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Operation *self = user_data;
  g_autoptr (GError) error = NULL;

  self->items = secret_service_search_finish (SECRET_SERVICE (source), result, &error);
  if (error != NULL)
    end_write (self, error);
  else
    remove_next (self);
}

/* Consumes a reference. */
static void
start (Operation *self)
{
  g_autoptr (GHashTable) attributes = NULL;
  g_autoptr (SecretValue) value = NULL;
  g_autofree char *label = NULL;

  switch (self->kind)
    {
    case OPERATION_LOOKUP:
      attributes = make_search (self->space);
      secret_service_search (keyring.service, SECRET_SCHEMA_COMPAT_NETWORK, attributes,
                             SECRET_SEARCH_ALL | SECRET_SEARCH_LOAD_SECRETS, self->cancellable, searched_cb, self);
      break;
    case OPERATION_STORE:
      keyring.is_writing = TRUE;
      attributes = make_attributes (self->space, self->credential->user);
      value = secret_value_new (self->credential->password, -1, "text/plain");
      label = g_strdup_printf ("%s@%s", self->credential->user != NULL ? self->credential->user : "",
                               self->space->host);
      secret_service_store (keyring.service, SECRET_SCHEMA_COMPAT_NETWORK, attributes, SECRET_COLLECTION_DEFAULT,
                            label, value, self->cancellable, stored_cb, self);
      break;
    case OPERATION_REMOVE:
    default:
      keyring.is_writing = TRUE;
      attributes = make_search (self->space);
      secret_service_search (keyring.service, SECRET_SCHEMA_COMPAT_NETWORK, attributes,
                             SECRET_SEARCH_ALL | SECRET_SEARCH_UNLOCK, self->cancellable, searched_to_remove_cb, self);
      break;
    }
}

/* Starts what may start: in order, a write alone, lookups beside each other. */
static void
pump (void)
{
  while (!keyring.is_writing)
    {
      Operation *head = g_queue_peek_head (&keyring.waiting);

      if (head == NULL)
        return;
      if (head->is_over)
        {
          operation_unref (g_queue_pop_head (&keyring.waiting));
          continue;
        }
      if (keyring.service == NULL)
        {
          if (!keyring.is_connecting)
            connect_service ();
          return;
        }
      g_queue_pop_head (&keyring.waiting);
      start (head);
    }
}

static void
operation_run (UWorkItem *item)
{
  Operation *self = (Operation *) item;

  if (self->kind == OPERATION_LOOKUP && g_get_monotonic_time () < keyring.quiet_until)
    {
      finish (self, NULL, NULL);
      operation_unref (self);
      return;
    }
  set_timer (self, self->kind == OPERATION_LOOKUP ? keyring.answer_ms : keyring.prompt_ms);
  g_queue_push_tail (&keyring.waiting, self);
  pump ();
}

static void
post (Operation *self)
{
  g_mutex_lock (&keyring.lock);
  if (keyring.worker == NULL || u_worker_is_lost (keyring.worker))
    {
      /* After a fork: what there was belongs to the parent. */
      keyring.service = NULL;
      keyring.is_connecting = keyring.is_writing = keyring.is_prompting = FALSE;
      g_queue_init (&keyring.waiting);
      g_queue_init (&keyring.prompts);
      keyring.worker = u_worker_acquire ();
    }
  u_worker_post (keyring.worker, &self->item);
  g_mutex_unlock (&keyring.lock);
}

static Operation *
operation_new (OperationKind kind, UProtectionSpaceData *space, gpointer user_data)
{
  Operation *self = g_new0 (Operation, 1);

  self->item.run = operation_run;
  self->ref_count = 1;
  self->kind = kind;
  self->space = u_protection_space_data_ref (space);
  self->user_data = user_data;
  self->cancellable = g_cancellable_new ();

  return self;
}

static void
keyring_lookup (UKeyring *base, UProtectionSpaceData *space, UKeyringFoundFunc done, gpointer user_data)
{
  Operation *self = operation_new (OPERATION_LOOKUP, space, user_data);

  self->found = done;
  post (self);
}

static void
keyring_store (UKeyring *base, UProtectionSpaceData *space, UCredentialData *credential, UKeyringDoneFunc done,
               gpointer user_data)
{
  Operation *self = operation_new (OPERATION_STORE, space, user_data);

  self->credential = u_credential_data_ref (credential);
  self->done = done;
  post (self);
}

static void
keyring_remove (UKeyring *base, UProtectionSpaceData *space, const char *user, UKeyringDoneFunc done,
                gpointer user_data)
{
  Operation *self = operation_new (OPERATION_REMOVE, space, user_data);

  self->user = g_strdup (user);
  self->done = done;
  post (self);
}

static const UKeyringFuncs keyring_funcs = {
  .lookup = keyring_lookup,
  .store = keyring_store,
  .remove = keyring_remove,
};

static SecretKeyring keyring = {
  .base = { &keyring_funcs },
  .answer_ms = ANSWER_MS,
  .prompt_ms = PROMPT_MS,
};

UKeyring *
u_secret_keyring_get (void)
{
  return &keyring.base;
}

void
u_secret_keyring_set_patience (guint answer, guint prompt)
{
  keyring.answer_ms = answer;
  keyring.prompt_ms = prompt;
}

#else

static void
keyring_lookup (UKeyring *self, UProtectionSpaceData *space, UKeyringFoundFunc done, gpointer user_data)
{
  done (NULL, FALSE, user_data);
}

static void
keyring_store (UKeyring *self, UProtectionSpaceData *space, UCredentialData *credential, UKeyringDoneFunc done,
               gpointer user_data)
{
  g_autoptr (GError) error =
    g_error_new (U_ERROR, U_ERROR_RESOURCE_UNAVAILABLE,
                 "The password for %s is remembered no longer than this program runs: the library was built without "
                 "libsecret.", space->host);

  done (error, user_data);
}

static void
keyring_remove (UKeyring *self, UProtectionSpaceData *space, const char *user, UKeyringDoneFunc done,
                gpointer user_data)
{
  done (NULL, user_data);
}

static const UKeyringFuncs keyring_funcs = {
  .lookup = keyring_lookup,
  .store = keyring_store,
  .remove = keyring_remove,
};

UKeyring *
u_secret_keyring_get (void)
{
  static UKeyring keyring = { &keyring_funcs };

  return &keyring;
}

void
u_secret_keyring_set_patience (guint answer, guint prompt)
{
}

#endif
