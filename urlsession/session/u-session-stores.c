/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/session/u-session-configuration-private.h"
#include "urlsession/session/u-session-private.h"
#include "urlsession/storage/u-cookie-storage-private.h"
#include "urlsession/storage/u-credential-storage-private.h"
#include "urlsession/storage/u-store-private.h"

/* What a session remembers between requests, and how it is made to forget. */

/* (transfer full) (nullable) */
UCookieJar *
u_session_ref_jar (USession *self)
{
  UCookieStorage *storage = u_session_configuration_get_cookie_storage (self->configuration);

  return storage != NULL ? u_cookie_storage_ref_jar (storage) : NULL;
}

/* (transfer full) (nullable) */
UCredentialStore *
u_session_ref_credentials (USession *self)
{
  UCredentialStorage *storage = u_session_configuration_get_credential_storage (self->configuration);

  return storage != NULL ? u_credential_storage_ref_store (storage) : NULL;
}

/* (transfer full) */
UHstsStore *
u_session_ref_hsts (USession *self)
{
  UHstsStore *hsts;

  g_mutex_lock (&self->stores_lock);
  if (self->hsts == NULL && u_session_configuration_get_is_ephemeral (self->configuration))
    {
      self->hsts = u_hsts_store_new_memory ();
    }
  else if (self->hsts == NULL)
    {
      g_autofree char *path = u_store_dup_path ("hsts");

      self->hsts = u_hsts_store_open (path);
    }
  hsts = u_hsts_store_ref (self->hsts);
  g_mutex_unlock (&self->stores_lock);

  return hsts;
}

static void
forget (USession *self)
{
  g_autoptr (UCookieJar) jar = u_session_ref_jar (self);
  g_autoptr (UCredentialStore) credentials = u_session_ref_credentials (self);
  g_autoptr (UHstsStore) hsts = u_session_ref_hsts (self);

  if (jar != NULL)
    u_cookie_jar_remove_all (jar);
  if (credentials != NULL)
    u_credential_store_remove_all (credentials);
  u_hsts_store_remove_all (hsts);
}

/*
 * u_session_purge_stores:
 *
 * An ephemeral session leaves nothing behind, also where somebody holds on to what it made.
 */
void
u_session_purge_stores (USession *self)
{
  USessionConfiguration *configuration = self->configuration;
  g_autoptr (UCookieJar) jar = NULL;
  g_autoptr (UCredentialStore) credentials = NULL;

  if (!configuration->ephemeral)
    return;

  if (configuration->cookie_storage_is_default && configuration->cookie_storage != NULL)
    jar = u_cookie_storage_ref_jar (configuration->cookie_storage);
  if (configuration->credential_storage_is_default && configuration->credential_storage != NULL)
    credentials = u_credential_storage_ref_store (configuration->credential_storage);
  if (jar != NULL)
    u_cookie_jar_remove_all (jar);
  if (credentials != NULL)
    u_credential_store_remove_all (credentials);
}

/* Several things that have to be done before a call is. All in the context of the session but for its start. */
typedef struct
{
  GTask *result;              /* owned */
  gint pending;               /* atomic; with the one for the start */
} Chore;

typedef struct
{
  UEvent event;
  Chore *chore;
} ReplyEvent;

static Chore *
chore_new (USession            *self,
           gpointer             tag,
           GCancellable        *cancellable,
           GAsyncReadyCallback  callback,
           gpointer             user_data)
{
  Chore *chore = g_new0 (Chore, 1);

  chore->pending = 1;
  chore->result = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (chore->result, tag);
  g_task_set_check_cancellable (chore->result, FALSE);

  return chore;
}

static void
chore_add (Chore *chore)
{
  g_atomic_int_inc (&chore->pending);
}

static void
chore_done (gpointer data)
{
  Chore *chore = data;

  if (!g_atomic_int_dec_and_test (&chore->pending))
    return;

  g_task_return_boolean (chore->result, TRUE);
  g_object_unref (chore->result);
  g_free (chore);
}

static void
reply_dispatch (UEvent *event)
{
  ReplyEvent *self = (ReplyEvent *) event;

  chore_done (self->chore);
  g_free (self);
}

static void
drop_connections (USession *self, Chore *chore, gboolean forget)
{
  ReplyEvent *reply = g_new0 (ReplyEvent, 1);

  reply->event.dispatch = reply_dispatch;
  reply->event.discard = reply_dispatch;
  reply->chore = chore;
  chore_add (chore);

  g_mutex_lock (&self->lock);
  if (self->executor != NULL)
    self->executor->klass->drop_connections (self->executor, forget, self->queue, &reply->event);
  else
    u_dispatch_queue_push (self->queue, &reply->event);
  g_mutex_unlock (&self->lock);
}

/**
 * u_session_reset_async:
 * @self: a session
 * @cancellable: (nullable): not used: there is nothing to wait for
 * @callback: (scope async): called in the thread-default main context of this call
 * @user_data: (closure): for @callback
 *
 * Forgets what the session has learnt: cookies, credentials that are not in the keyring, which servers were trusted,
 * which hosts want to be spoken to securely. Later requests use new connections. Tasks that run go on.
 *
 * A storage that is shared with other sessions is emptied for them, too.
 */
void
u_session_reset_async (USession *self, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  Chore *chore;

  g_return_if_fail (U_IS_SESSION (self));

  chore = chore_new (self, u_session_reset_async, cancellable, callback, user_data);
  forget (self);
  drop_connections (self, chore, TRUE);
  chore_done (chore);
}

/**
 * u_session_reset_finish:
 * @self: a session
 * @result: the result of the call
 * @error: where to put an error
 *
 * Finishes what [method@Session.reset_async] began.
 *
 * Returns: %TRUE: there is nothing that can fail
 */
gboolean
u_session_reset_finish (USession *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (U_IS_SESSION (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, u_session_reset_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * u_session_flush_async:
 * @self: a session
 * @cancellable: (nullable): not used: there is nothing to wait for
 * @callback: (scope async): called in the thread-default main context of this call
 * @user_data: (closure): for @callback
 *
 * Writes what is to be kept, and lets later requests use new connections. Tasks that run go on.
 */
void
u_session_flush_async (USession *self, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (UCookieJar) jar = NULL;
  g_autoptr (UHstsStore) hsts = NULL;
  Chore *chore;

  g_return_if_fail (U_IS_SESSION (self));

  jar = u_session_ref_jar (self);
  hsts = u_session_ref_hsts (self);
  chore = chore_new (self, u_session_flush_async, cancellable, callback, user_data);
  if (jar != NULL)
    {
      chore_add (chore);
      u_cookie_jar_flush (jar, self->context, chore_done, chore);
    }
  if (hsts != NULL)
    {
      chore_add (chore);
      u_hsts_store_flush (hsts, self->context, chore_done, chore);
    }
  drop_connections (self, chore, FALSE);
  chore_done (chore);
}

/**
 * u_session_flush_finish:
 * @self: a session
 * @result: the result of the call
 * @error: where to put an error
 *
 * Finishes what [method@Session.flush_async] began.
 *
 * Returns: %TRUE: there is nothing that can fail
 */
gboolean
u_session_flush_finish (USession *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (U_IS_SESSION (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, u_session_flush_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
