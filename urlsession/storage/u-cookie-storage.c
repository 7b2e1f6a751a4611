/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/storage/u-cookie-storage-private.h"

#include "urlsession/base/u-error.h"
#include "urlsession/message/u-headers-private.h"
#include "urlsession/message/u-uri-private.h"
#include "urlsession/storage/u-cookie-private.h"
#include "urlsession/storage/u-store-private.h"

/* The name of the storage that u_cookie_storage_get_shared() returns. */
#define SHARED_NAME "shared"

/**
 * UCookieStorage:
 *
 * Cookies that servers have set, and that are sent back to them (RFC 6265).
 *
 * A storage is in memory only, or also in a file, and then all storages of that file in the process have the same
 * cookies. Its methods may be called from any thread. [signal@CookieStorage::changed] is emitted in the main context
 * that was the thread-default one when the storage was made.
 *
 * ## The file
 *
 * Storages with a name are kept in `$XDG_DATA_HOME/APPLICATION/urlsession/cookies-NAME.sqlite`, where `APPLICATION` is
 * the identifier of the default [class@Gio.Application], or else g_get_prgname(), or else the name of the executable.
 * So make the application before the storage, or there are two files; and where an interpreter runs the program, give
 * it a name if it has no application. (In Python, the name of the script is taken for the name of the program where it
 * has none.) In a Flatpak, `$XDG_DATA_HOME` is that of the application already. A file is made with the first cookie
 * that is to stay: it can be read by the user only, as can folders that are made for it.
 *
 * The file is read and written in the background; no method waits for it. What is in it appears some time after the
 * first storage was made, with one `changed` for those that are there by then; requests of a session wait for that.
 * What is set or removed before counts more than what is in the file. [method@CookieStorage.flush_async] completes
 * when the file was read and everything was written. A process that ends waits half a second at most for what is being
 * written.
 *
 * Cookies without a date of expiry are kept in memory only. None is kept for more than 400 days when a server set it.
 *
 * Several processes may use one file. Each sees what was in it when it first opened it, and its own changes. Each
 * change of a cookie is written by itself: the last one counts, and no process undoes the changes of another one to
 * other cookies.
 *
 * A file that is damaged or cannot be written is no error: the cookies are in memory then, and
 * `G_MESSAGES_DEBUG=URLSession` tells why. A damaged file is left as it is; remove it to begin anew. One that another
 * program has locked is waited for, for up to five seconds. What cannot be written by then is written with the next
 * change; what could not be read is not there before the next start.
 *
 * ## Limits
 *
 * There are up to 180 cookies for one site (a name such as `example.co.uk` with all below it) and 3000 in all. Those
 * that have expired make room first, then within a site those that are not secure, then those that were not used for
 * the longest time. [func@Cookie.parse] says which lines are ignored. A response that did not come over TLS can neither
 * set a cookie that is secure nor replace or hide one.
 */

enum {
  PROP_0,
  PROP_FILE,
  PROP_NAME,
  N_PROPS
};

enum {
  CHANGED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

struct _UCookieStorage
{
  GObject parent_instance;

  char *name;                 /* owned, nullable */
  GFile *file;                /* owned; NULL: memory only */
  UCookieJar *jar;            /* owned */
  guint listener;             /* of the jar */
};

G_DEFINE_FINAL_TYPE (UCookieStorage, u_cookie_storage, G_TYPE_OBJECT)

static void
changed_cb (gpointer data)
{
  g_autoptr (UCookieStorage) self = g_weak_ref_get (data);

  if (self != NULL)
    g_signal_emit (self, signals[CHANGED], 0);
}

static void
weak_ref_free (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

/* From now on changes are told in @context; NULL is the global default one. */
static void
listen (UCookieStorage *self, GMainContext *context)
{
  GWeakRef *weak = g_new0 (GWeakRef, 1);

  if (self->listener != 0)
    u_cookie_jar_remove_listener (self->jar, self->listener);
  g_weak_ref_init (weak, self);
  self->listener = u_cookie_jar_add_listener (self->jar, context, changed_cb, weak, weak_ref_free);
}

static void
u_cookie_storage_constructed (GObject *object)
{
  UCookieStorage *self = U_COOKIE_STORAGE (object);
  g_autofree char *path = NULL;

  G_OBJECT_CLASS (u_cookie_storage_parent_class)->constructed (object);

  if (self->file != NULL)
    {
      path = g_file_get_path (self->file);
      if (path == NULL)
        {
          g_autofree char *uri = g_file_get_uri (self->file);

          g_critical ("Cookies cannot be kept at %s: they need a file with a path. They are in memory only.", uri);
          g_clear_object (&self->file);
        }
    }
  else if (self->name != NULL)
    {
      g_autofree char *store_name = g_strconcat ("cookies-", self->name, NULL);

      path = u_store_dup_path (store_name);
      self->file = g_file_new_for_path (path);
    }

  self->jar = path != NULL ? u_cookie_jar_open (path) : u_cookie_jar_new_memory ();
  listen (self, g_main_context_get_thread_default ());
}

static void
u_cookie_storage_finalize (GObject *object)
{
  UCookieStorage *self = U_COOKIE_STORAGE (object);

  u_cookie_jar_remove_listener (self->jar, self->listener);
  u_cookie_jar_unref (self->jar);
  g_clear_object (&self->file);
  g_free (self->name);

  G_OBJECT_CLASS (u_cookie_storage_parent_class)->finalize (object);
}

static void
u_cookie_storage_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  UCookieStorage *self = U_COOKIE_STORAGE (object);

  switch (prop_id)
    {
    case PROP_FILE:
      g_value_set_object (value, u_cookie_storage_get_file (self));
      break;
    case PROP_NAME:
      g_value_set_string (value, u_cookie_storage_get_name (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_cookie_storage_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  UCookieStorage *self = U_COOKIE_STORAGE (object);

  switch (prop_id)
    {
    case PROP_FILE:
      self->file = g_value_dup_object (value);
      break;
    case PROP_NAME:
      self->name = g_value_dup_string (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_cookie_storage_class_init (UCookieStorageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->constructed = u_cookie_storage_constructed;
  object_class->finalize = u_cookie_storage_finalize;
  object_class->get_property = u_cookie_storage_get_property;
  object_class->set_property = u_cookie_storage_set_property;

  /**
   * UCookieStorage:file: (getter get_file)
   *
   * Where the cookies are kept; %NULL if they are in memory only. It takes the place of the file that a name stands
   * for.
   */
  properties[PROP_FILE] = g_param_spec_object ("file", NULL, NULL, G_TYPE_FILE, flags);

  /**
   * UCookieStorage:name: (getter get_name)
   *
   * What the file is called; %NULL if the storage is in memory only, or was made for a file.
   */
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, NULL, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * UCookieStorage::changed:
   * @self: a storage
   *
   * Emitted once for each change: a cookie that was set or removed, all that one response or one call set or removed,
   * or what was in the file.
   *
   * What has expired is no change, and neither is a cookie that is equal to the one that it replaces.
   */
  signals[CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 0);
}

static void
u_cookie_storage_init (UCookieStorage *self)
{
}

/**
 * u_cookie_storage_get_shared:
 *
 * Gets the storage for all that has no other one, which is that with the name `shared`.
 *
 * Its signal arrives in the global default main context.
 *
 * Returns: (transfer none): the shared storage
 */
UCookieStorage *
u_cookie_storage_get_shared (void)
{
  static gsize shared;

  if (g_once_init_enter (&shared))
    {
      UCookieStorage *storage = u_cookie_storage_new (SHARED_NAME);

      listen (storage, NULL);
      g_once_init_leave (&shared, (gsize) storage);
    }

  return (UCookieStorage *) shared;
}

/**
 * u_cookie_storage_new:
 * @name: (nullable): the name of a storage of this application; %NULL for one in memory
 *
 * Creates a storage.
 *
 * All that are made with the same name share their cookies, now and when the application is started again. Those
 * without a name share nothing with anybody, and leave nothing behind.
 *
 * Returns: (transfer full): a new storage
 */
UCookieStorage *
u_cookie_storage_new (const char *name)
{
  return g_object_new (U_TYPE_COOKIE_STORAGE, "name", name, NULL);
}

/**
 * u_cookie_storage_new_for_file:
 * @file: a file with a path, which need not be there yet
 *
 * Creates a storage that is kept in a file.
 *
 * All that are made for the same file share their cookies. SQLite puts two more files beside it while it is in use.
 *
 * Returns: (transfer full): a new storage
 */
UCookieStorage *
u_cookie_storage_new_for_file (GFile *file)
{
  g_return_val_if_fail (G_IS_FILE (file), NULL);

  return g_object_new (U_TYPE_COOKIE_STORAGE, "file", file, NULL);
}

UCookieJar *
u_cookie_storage_ref_jar (UCookieStorage *self)
{
  return u_cookie_jar_ref (self->jar);
}

/**
 * u_cookie_storage_get_file: (get-property file)
 * @self: a storage
 *
 * Gets where the cookies are kept.
 *
 * Returns: (nullable) (transfer none): a file, or %NULL if they are in memory only
 */
GFile *
u_cookie_storage_get_file (UCookieStorage *self)
{
  g_return_val_if_fail (U_IS_COOKIE_STORAGE (self), NULL);

  return self->file;
}

/**
 * u_cookie_storage_get_name: (get-property name)
 * @self: a storage
 *
 * Gets the name that it was made with.
 *
 * Returns: (nullable) (transfer none): the name, or %NULL if it has none
 */
const char *
u_cookie_storage_get_name (UCookieStorage *self)
{
  g_return_val_if_fail (U_IS_COOKIE_STORAGE (self), NULL);

  return self->name;
}

/**
 * u_cookie_storage_dup_cookies:
 * @self: a storage
 * @n_cookies: (out): the number of cookies
 *
 * Gets all cookies that have not expired.
 *
 * Returns: (transfer full) (array length=n_cookies): the cookies: longest path first, then the oldest first
 */
UCookie **
u_cookie_storage_dup_cookies (UCookieStorage *self, gsize *n_cookies)
{
  g_return_val_if_fail (U_IS_COOKIE_STORAGE (self), NULL);
  g_return_val_if_fail (n_cookies != NULL, NULL);

  return u_cookie_array_from_data (u_cookie_jar_dup_cookies (self->jar, NULL), n_cookies);
}

/**
 * u_cookie_storage_dup_cookies_for_uri:
 * @self: a storage
 * @uri: a URL
 * @n_cookies: (out): the number of cookies
 * @error: return location for an error
 *
 * Gets the cookies that would be sent with a request to @uri that is no part of another site.
 *
 * Sets %U_ERROR_BAD_URL if @uri is not a URL.
 *
 * Returns: (transfer full) (array length=n_cookies): the cookies, in the order in which they are sent, or %NULL with
 *   @error set
 */
UCookie **
u_cookie_storage_dup_cookies_for_uri (UCookieStorage *self, const char *uri, gsize *n_cookies, GError **error)
{
  g_autoptr (GUri) parsed = NULL;

  g_return_val_if_fail (U_IS_COOKIE_STORAGE (self), NULL);
  g_return_val_if_fail (uri != NULL, NULL);
  g_return_val_if_fail (n_cookies != NULL, NULL);

  *n_cookies = 0;
  parsed = u_uri_parse (uri, error);
  if (parsed == NULL)
    return NULL;

  return u_cookie_array_from_data (u_cookie_jar_dup_cookies (self->jar, parsed), n_cookies);
}

/**
 * u_cookie_storage_set_cookie:
 * @self: a storage
 * @cookie: a cookie
 * @error: return location for an error
 *
 * Stores a cookie, in the place of one with the same name, domain and path.
 *
 * One that has expired is not stored, and removes the one that it would replace. A cookie that was there keeps its date
 * of creation. No accept policy counts here.
 *
 * Sets %U_ERROR_BAD_HEADER, and changes nothing, if the cookie is one that no server could set either.
 *
 * Returns: whether the cookie can be used
 */
gboolean
u_cookie_storage_set_cookie (UCookieStorage *self, UCookie *cookie, GError **error)
{
  g_return_val_if_fail (U_IS_COOKIE_STORAGE (self), FALSE);
  g_return_val_if_fail (U_IS_COOKIE (cookie), FALSE);

  if (!u_cookie_data_check (u_cookie_get_data (cookie), error))
    return FALSE;
  u_cookie_jar_set (self->jar, u_cookie_get_data (cookie));

  return TRUE;
}

/**
 * u_cookie_storage_set_cookies_for_headers:
 * @self: a storage
 * @uri: the URL of a response
 * @main_document_uri: (nullable): the URL of the document that the response is a part of; %NULL for @uri itself
 * @headers: the headers of the response
 * @policy: which cookies to accept
 * @error: return location for an error
 *
 * Stores what the fields `Set-Cookie` of a response say.
 *
 * A session does this by itself. Lines that cannot be used are ignored.
 *
 * Sets %U_ERROR_BAD_URL, and changes nothing, if a URL is none.
 *
 * Returns: whether the URLs are good
 */
gboolean
u_cookie_storage_set_cookies_for_headers (UCookieStorage *self, const char *uri, const char *main_document_uri,
                                          UHeaders *headers, UCookieAcceptPolicy policy, GError **error)
{
  g_autoptr (GUri) parsed = NULL;
  g_autoptr (GUri) main_document = NULL;
  g_autoptr (UHeaderList) list = NULL;

  g_return_val_if_fail (U_IS_COOKIE_STORAGE (self), FALSE);
  g_return_val_if_fail (uri != NULL, FALSE);
  g_return_val_if_fail (U_IS_HEADERS (headers), FALSE);

  parsed = u_uri_parse (uri, error);
  if (parsed == NULL)
    return FALSE;
  if (main_document_uri != NULL)
    {
      main_document = u_uri_parse (main_document_uri, error);
      if (main_document == NULL)
        return FALSE;
    }
  list = u_headers_dup_list (headers);
  u_cookie_jar_take_response (self->jar, parsed, main_document, list, policy);

  return TRUE;
}

/**
 * u_cookie_storage_delete_cookie:
 * @self: a storage
 * @cookie: a cookie
 *
 * Removes the cookie with the name, the domain and the path of @cookie.
 *
 * Nothing happens if there is none.
 */
void
u_cookie_storage_delete_cookie (UCookieStorage *self, UCookie *cookie)
{
  g_return_if_fail (U_IS_COOKIE_STORAGE (self));
  g_return_if_fail (U_IS_COOKIE (cookie));

  u_cookie_jar_remove (self->jar, u_cookie_get_data (cookie));
}

/**
 * u_cookie_storage_delete_all:
 * @self: a storage
 *
 * Removes all cookies, those included that other processes have put into the file.
 */
void
u_cookie_storage_delete_all (UCookieStorage *self)
{
  g_return_if_fail (U_IS_COOKIE_STORAGE (self));

  u_cookie_jar_remove_all (self->jar);
}

/**
 * u_cookie_storage_remove_since:
 * @self: a storage
 * @date: a date
 *
 * Removes the cookies that were created at @date or later.
 */
void
u_cookie_storage_remove_since (UCookieStorage *self, GDateTime *date)
{
  g_return_if_fail (U_IS_COOKIE_STORAGE (self));
  g_return_if_fail (date != NULL);

  u_cookie_jar_remove_since (self->jar, g_date_time_to_unix (date) * G_USEC_PER_SEC +
                             g_date_time_get_microsecond (date));
}

static void
flushed_cb (gpointer data)
{
  g_autoptr (GTask) task = data;

  g_task_return_boolean (task, TRUE);
}

/**
 * u_cookie_storage_flush_async:
 * @self: a storage
 * @cancellable: (nullable): a cancellable
 * @callback: (nullable) (scope async): called when it is done
 * @user_data: for @callback
 *
 * Waits until the file was read and all that was changed before is written to it.
 *
 * It is not needed before a program ends, unless that has to happen within half a second. It succeeds also when the
 * file cannot be used. A @cancellable that is cancelled meanwhile makes it fail at the end.
 */
void
u_cookie_storage_flush_async (UCookieStorage *self, GCancellable *cancellable, GAsyncReadyCallback callback,
                              gpointer user_data)
{
  GTask *task;

  g_return_if_fail (U_IS_COOKIE_STORAGE (self));

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, u_cookie_storage_flush_async);
  u_cookie_jar_flush (self->jar, g_task_get_context (task), flushed_cb, task);
}

/**
 * u_cookie_storage_flush_finish:
 * @self: a storage
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Gets the result of [method@CookieStorage.flush_async].
 *
 * Sets %G_IO_ERROR_CANCELLED if the call was cancelled.
 *
 * Returns: whether it was not cancelled
 */
gboolean
u_cookie_storage_flush_finish (UCookieStorage *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (U_IS_COOKIE_STORAGE (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
