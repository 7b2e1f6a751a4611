/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/storage/u-credential-storage-private.h"

#include "urlsession/auth/u-credential-private.h"
#include "urlsession/auth/u-protection-space-private.h"
#include "urlsession/base/u-error.h"

/**
 * UCredentialStorage:
 *
 * Which credentials are known for which protection spaces.
 *
 * The shared one is that of all sessions which have none of their own. What is set with
 * `U_CREDENTIAL_PERSISTENCE_FOR_SESSION` is forgotten when the program ends; what is set with
 * `U_CREDENTIAL_PERSISTENCE_PERMANENT` goes into the keyring of the user (the Secret Service), too, where later runs
 * and other programs find it. A storage that was created with [ctor@CredentialStorage.new] is in memory only.
 *
 * A space may have several users; the one that was set last is its default. May be used from any thread. No call waits
 * for the keyring, except those with a callback, which wait in the background: see [credentials](credentials.html).
 */

struct _UCredentialStorage
{
  GObject parent_instance;

  UCredentialStore *store;    /* owned */
  guint listener;             /* of the store */
};

enum {
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UCredentialStorage, u_credential_storage, G_TYPE_OBJECT)

static UCredentialStorage *shared_storage;
G_LOCK_DEFINE_STATIC (shared_storage);

/* In the context of the storage, which may be about to go. */
static void
changed_cb (gpointer user_data)
{
  g_autoptr (UCredentialStorage) self = g_weak_ref_get (user_data);

  if (self != NULL)
    g_signal_emit (self, signals[CHANGED], 0);
}

static void
weak_ref_free (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

static void
attach (UCredentialStorage *self, UCredentialStore *store, GMainContext *context)
{
  GWeakRef *weak = g_new (GWeakRef, 1);

  g_weak_ref_init (weak, self);
  self->store = u_credential_store_ref (store);
  self->listener = u_credential_store_add_listener (store, context, changed_cb, weak, weak_ref_free);
}

static void
detach (UCredentialStorage *self)
{
  if (self->store == NULL)
    return;

  u_credential_store_remove_listener (self->store, self->listener);
  g_clear_pointer (&self->store, u_credential_store_unref);
}

static void
u_credential_storage_finalize (GObject *object)
{
  detach (U_CREDENTIAL_STORAGE (object));

  G_OBJECT_CLASS (u_credential_storage_parent_class)->finalize (object);
}

static void
u_credential_storage_class_init (UCredentialStorageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = u_credential_storage_finalize;

  /**
   * UCredentialStorage::changed:
   * @self: a storage
   *
   * Emitted after credentials were set or removed, by whomever; once for several changes in a row.
   *
   * It arrives in the thread-default main context of the thread that created the storage; for the shared one, in the
   * global default context.
   */
  signals[CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 0);
}

static void
u_credential_storage_init (UCredentialStorage *self)
{
  g_autoptr (UCredentialStore) store = u_credential_store_new_memory ();
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();

  attach (self, store, context);
}

/**
 * u_credential_storage_get_shared:
 *
 * Gets the storage of the process, behind which is the keyring of the user.
 *
 * Returns: (transfer none): the shared storage
 */
UCredentialStorage *
u_credential_storage_get_shared (void)
{
  UCredentialStorage *storage;

  G_LOCK (shared_storage);
  if (shared_storage == NULL)
    {
      g_autoptr (UCredentialStore) store = u_credential_store_ref_shared ();

      shared_storage = g_object_new (U_TYPE_CREDENTIAL_STORAGE, NULL);
      detach (shared_storage);
      attach (shared_storage, store, NULL);
    }
  storage = shared_storage;
  G_UNLOCK (shared_storage);

  return storage;
}

/**
 * u_credential_storage_new:
 *
 * Creates an empty storage in memory, without the keyring.
 *
 * Returns: (transfer full): a new storage
 */
UCredentialStorage *
u_credential_storage_new (void)
{
  return g_object_new (U_TYPE_CREDENTIAL_STORAGE, NULL);
}

UCredentialStorage *
u_credential_storage_new_for_store (UCredentialStore *store)
{
  UCredentialStorage *self = g_object_new (U_TYPE_CREDENTIAL_STORAGE, NULL);
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();

  detach (self);
  attach (self, store, context);

  return self;
}

UCredentialStore *
u_credential_storage_ref_store (UCredentialStorage *self)
{
  return u_credential_store_ref (self->store);
}

/**
 * u_credential_storage_set_credential:
 * @self: a storage
 * @space: what the credential is good for
 * @credential: who to be there
 *
 * Remembers a credential, as the default of its space.
 *
 * How long is its [property@Credential:persistence]; one with `U_CREDENTIAL_PERSISTENCE_NONE` is not remembered. A
 * credential of the same user takes the place of the old one. With `U_CREDENTIAL_PERSISTENCE_PERMANENT` it is in memory
 * when this returns, and on its way into the keyring; a program that is about to end waits for
 * [method@CredentialStorage.flush_async].
 */
void
u_credential_storage_set_credential (UCredentialStorage *self, UProtectionSpace *space, UCredential *credential)
{
  g_autoptr (UProtectionSpaceData) space_data = NULL;
  g_autoptr (UCredentialData) data = NULL;

  g_return_if_fail (U_IS_CREDENTIAL_STORAGE (self));
  g_return_if_fail (U_IS_PROTECTION_SPACE (space));
  g_return_if_fail (U_IS_CREDENTIAL (credential));

  space_data = u_protection_space_ref_data (space);
  data = u_credential_ref_data (credential);
  u_credential_store_set (self->store, space_data, data);
}

/**
 * u_credential_storage_remove_credential:
 * @self: a storage
 * @space: what the credential is good for
 * @credential: a credential of the user to be forgotten; its password does not count
 *
 * Forgets the credential of a user.
 *
 * If it is permanent, the one in the storage or the one that is given, it is removed from the keyring as well.
 */
void
u_credential_storage_remove_credential (UCredentialStorage *self, UProtectionSpace *space, UCredential *credential)
{
  g_autoptr (UProtectionSpaceData) space_data = NULL;
  g_autoptr (UCredentialData) data = NULL;

  g_return_if_fail (U_IS_CREDENTIAL_STORAGE (self));
  g_return_if_fail (U_IS_PROTECTION_SPACE (space));
  g_return_if_fail (U_IS_CREDENTIAL (credential));

  space_data = u_protection_space_ref_data (space);
  data = u_credential_ref_data (credential);
  u_credential_store_remove (self->store, space_data, data);
}

/**
 * u_credential_storage_remove_all:
 * @self: a storage
 *
 * Forgets all credentials.
 *
 * Of those in the keyring it removes the ones that this program has set or used; passwords of other programs stay.
 */
void
u_credential_storage_remove_all (UCredentialStorage *self)
{
  g_return_if_fail (U_IS_CREDENTIAL_STORAGE (self));

  u_credential_store_remove_all (self->store);
}

/**
 * u_credential_storage_dup_credential:
 * @self: a storage
 * @space: a protection space
 *
 * Gets the default credential of a space, if it is in memory.
 *
 * The keyring is not asked; [method@CredentialStorage.get_credential_async] does that.
 *
 * Returns: (transfer full) (nullable): a credential, or %NULL if there is none
 */
UCredential *
u_credential_storage_dup_credential (UCredentialStorage *self, UProtectionSpace *space)
{
  g_autoptr (UProtectionSpaceData) space_data = NULL;
  g_autoptr (UCredentialData) data = NULL;

  g_return_val_if_fail (U_IS_CREDENTIAL_STORAGE (self), NULL);
  g_return_val_if_fail (U_IS_PROTECTION_SPACE (space), NULL);

  space_data = u_protection_space_ref_data (space);
  data = u_credential_store_peek (self->store, space_data);

  return data != NULL ? u_credential_new_from_data (data) : NULL;
}

/**
 * u_credential_storage_dup_credentials:
 * @self: a storage
 * @space: a protection space
 * @n_credentials: (out): how many there are
 *
 * Gets all credentials of a space that are in memory, the default first.
 *
 * Returns: (array length=n_credentials) (transfer full) (nullable): the credentials; %NULL if there are none
 */
UCredential **
u_credential_storage_dup_credentials (UCredentialStorage *self, UProtectionSpace *space, gsize *n_credentials)
{
  g_autoptr (UProtectionSpaceData) space_data = NULL;
  g_autoptr (GPtrArray) all = NULL;
  UCredential **credentials;

  g_return_val_if_fail (U_IS_CREDENTIAL_STORAGE (self), NULL);
  g_return_val_if_fail (U_IS_PROTECTION_SPACE (space), NULL);
  g_return_val_if_fail (n_credentials != NULL, NULL);

  space_data = u_protection_space_ref_data (space);
  all = u_credential_store_dup_all (self->store, space_data);
  *n_credentials = all->len;
  if (all->len == 0)
    return NULL;

  credentials = g_new0 (UCredential *, all->len + 1);
  for (guint i = 0; i < all->len; i++)
    credentials[i] = u_credential_new_from_data (all->pdata[i]);

  return credentials;
}

/**
 * u_credential_storage_dup_spaces:
 * @self: a storage
 * @n_spaces: (out): how many there are
 *
 * Gets the spaces for which there are credentials in memory, in no order.
 *
 * Returns: (array length=n_spaces) (transfer full) (nullable): the spaces; %NULL if there are none
 */
UProtectionSpace **
u_credential_storage_dup_spaces (UCredentialStorage *self, gsize *n_spaces)
{
  g_autoptr (GPtrArray) all = NULL;
  UProtectionSpace **spaces;

  g_return_val_if_fail (U_IS_CREDENTIAL_STORAGE (self), NULL);
  g_return_val_if_fail (n_spaces != NULL, NULL);

  all = u_credential_store_dup_spaces (self->store);
  *n_spaces = all->len;
  if (all->len == 0)
    return NULL;

  spaces = g_new0 (UProtectionSpace *, all->len + 1);
  for (guint i = 0; i < all->len; i++)
    spaces[i] = u_protection_space_new_from_data (all->pdata[i]);

  return spaces;
}

/* A call of the application: it ends with the answer of the store or with its cancellable, whichever is first. Both
 * come in its context. */
typedef struct
{
  guint ref_count;            /* of the store, and of the source */
  GTask *task;                /* owned; NULL: it has returned */
  GSource *cancel_source;     /* owned, nullable */
} Wait;

static void
wait_unref (gpointer data)
{
  Wait *self = data;

  if (--self->ref_count == 0)
    g_free (self);
}

/* Returns: (transfer full) (nullable): the task, for its one return */
static GTask *
wait_end (Wait *self)
{
  if (self->cancel_source != NULL)
    g_source_destroy (self->cancel_source);
  g_clear_pointer (&self->cancel_source, g_source_unref);

  return g_steal_pointer (&self->task);
}

static gboolean
cancelled_cb (GCancellable *cancellable, gpointer user_data)
{
  Wait *self = user_data;
  g_autoptr (GTask) task = wait_end (self);

  if (task != NULL)
    g_task_return_new_error (task, U_ERROR, U_ERROR_CANCELLED, "The call was cancelled.");

  return G_SOURCE_REMOVE;
}

static Wait *
wait_new (UCredentialStorage *storage, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data,
          gpointer source_tag)
{
  Wait *self = g_new0 (Wait, 1);

  self->ref_count = 1;
  self->task = g_task_new (storage, cancellable, callback, user_data);
  g_task_set_source_tag (self->task, source_tag);
  g_task_set_check_cancellable (self->task, FALSE);
  if (cancellable != NULL)
    {
      self->cancel_source = g_cancellable_source_new (cancellable);
      self->ref_count++;
      g_source_set_callback (self->cancel_source, G_SOURCE_FUNC (cancelled_cb), self, wait_unref);
      g_source_attach (self->cancel_source, g_task_get_context (self->task));
    }

  return self;
}

static void
looked_up_cb (UCredentialData *credential, gpointer user_data)
{
  Wait *self = user_data;
  g_autoptr (GTask) task = wait_end (self);

  if (task != NULL)
    g_task_return_pointer (task, credential != NULL ? u_credential_new_from_data (credential) : NULL, g_object_unref);
  wait_unref (self);
}

/**
 * u_credential_storage_get_credential_async:
 * @self: a storage
 * @space: a protection space
 * @cancellable: (nullable): to give up
 * @callback: (scope async): called when there is an answer
 * @user_data: for @callback
 *
 * Gets the default credential of a space, from the keyring if it is not in memory.
 *
 * The user may be asked to unlock the keyring. Where there is no keyring the answer comes at once; where it does not
 * answer, after a minute at most.
 */
void
u_credential_storage_get_credential_async (UCredentialStorage  *self,
                                           UProtectionSpace    *space,
                                           GCancellable        *cancellable,
                                           GAsyncReadyCallback  callback,
                                           gpointer             user_data)
{
  g_autoptr (UProtectionSpaceData) space_data = NULL;
  Wait *wait;

  g_return_if_fail (U_IS_CREDENTIAL_STORAGE (self));
  g_return_if_fail (U_IS_PROTECTION_SPACE (space));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  space_data = u_protection_space_ref_data (space);
  wait = wait_new (self, cancellable, callback, user_data, u_credential_storage_get_credential_async);
  u_credential_store_lookup (self->store, space_data, g_task_get_context (wait->task), looked_up_cb, wait);
}

/**
 * u_credential_storage_get_credential_finish:
 * @self: a storage
 * @result: what the callback got
 * @error: return location for an error: `U_ERROR_CANCELLED`
 *
 * Finishes a call of [method@CredentialStorage.get_credential_async].
 *
 * Returns: (transfer full) (nullable): a credential; %NULL without an error if there is none
 */
UCredential *
u_credential_storage_get_credential_finish (UCredentialStorage *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (U_IS_CREDENTIAL_STORAGE (self), NULL);
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, u_credential_storage_get_credential_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
flushed_cb (const GError *error, gpointer user_data)
{
  Wait *self = user_data;
  g_autoptr (GTask) task = wait_end (self);

  if (task != NULL && error != NULL)
    g_task_return_error (task, g_error_copy (error));
  else if (task != NULL)
    g_task_return_boolean (task, TRUE);
  wait_unref (self);
}

/**
 * u_credential_storage_flush_async:
 * @self: a storage
 * @cancellable: (nullable): to give up waiting
 * @callback: (scope async): called when the keyring has what was set before
 * @user_data: for @callback
 *
 * Waits until the keyring has what was set before, and has forgotten what was removed.
 *
 * The user may be asked to unlock the keyring.
 */
void
u_credential_storage_flush_async (UCredentialStorage  *self,
                                  GCancellable        *cancellable,
                                  GAsyncReadyCallback  callback,
                                  gpointer             user_data)
{
  Wait *wait;

  g_return_if_fail (U_IS_CREDENTIAL_STORAGE (self));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  wait = wait_new (self, cancellable, callback, user_data, u_credential_storage_flush_async);
  u_credential_store_flush (self->store, g_task_get_context (wait->task), flushed_cb, wait);
}

/**
 * u_credential_storage_flush_finish:
 * @self: a storage
 * @result: what the callback got
 * @error: return location for an error: `U_ERROR_RESOURCE_UNAVAILABLE` when there is no keyring, or it did not take
 *   something; `U_ERROR_CANCELLED`
 *
 * Finishes a call of [method@CredentialStorage.flush_async].
 *
 * An error is about what was set or removed since the flush before. It is in memory all the same.
 *
 * Returns: %TRUE if the keyring has all of it
 */
gboolean
u_credential_storage_flush_finish (UCredentialStorage *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (U_IS_CREDENTIAL_STORAGE (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, u_credential_storage_flush_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
