/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-tls-client-interaction-private.h"

struct _UTlsClientInteraction
{
  GTlsInteraction parent_instance;

  void (*wanted) (gpointer user_data); /* NULL once detached */
  gpointer user_data;
  GTask *task;                /* owned, nullable: nobody waits */
};

G_DEFINE_FINAL_TYPE (UTlsClientInteraction, u_tls_client_interaction, G_TYPE_TLS_INTERACTION)

static void
u_tls_client_interaction_request_certificate_async (GTlsInteraction *interaction, GTlsConnection *connection,
                                                    GTlsCertificateRequestFlags flags, GCancellable *cancellable,
                                                    GAsyncReadyCallback callback, gpointer user_data)
{
  UTlsClientInteraction *self = U_TLS_CLIENT_INTERACTION (interaction);
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, u_tls_client_interaction_request_certificate_async);
  g_task_set_task_data (task, g_object_ref (connection), g_object_unref);
  u_tls_client_interaction_complete (self, NULL);
  self->task = task;
  if (self->wanted != NULL)
    self->wanted (self->user_data);
  else
    u_tls_client_interaction_complete (self, NULL);
}

static GTlsInteractionResult
u_tls_client_interaction_request_certificate_finish (GTlsInteraction *interaction, GAsyncResult *result,
                                                     GError **error)
{
  gssize outcome = g_task_propagate_int (G_TASK (result), error);

  return outcome < 0 ? G_TLS_INTERACTION_FAILED : (GTlsInteractionResult) outcome;
}

static void
u_tls_client_interaction_finalize (GObject *object)
{
  UTlsClientInteraction *self = U_TLS_CLIENT_INTERACTION (object);

  g_clear_object (&self->task);

  G_OBJECT_CLASS (u_tls_client_interaction_parent_class)->finalize (object);
}

static void
u_tls_client_interaction_class_init (UTlsClientInteractionClass *klass)
{
  GTlsInteractionClass *interaction_class = G_TLS_INTERACTION_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = u_tls_client_interaction_finalize;
  interaction_class->request_certificate_async = u_tls_client_interaction_request_certificate_async;
  interaction_class->request_certificate_finish = u_tls_client_interaction_request_certificate_finish;
}

static void
u_tls_client_interaction_init (UTlsClientInteraction *self)
{
}

UTlsClientInteraction *
u_tls_client_interaction_new (void (*wanted) (gpointer user_data), gpointer user_data)
{
  UTlsClientInteraction *self = g_object_new (U_TYPE_TLS_CLIENT_INTERACTION, NULL);

  self->wanted = wanted;
  self->user_data = user_data;

  return self;
}

void
u_tls_client_interaction_complete (UTlsClientInteraction *self, GTlsCertificate *identity)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->task);

  if (task == NULL)
    return;

  if (identity != NULL)
    g_tls_connection_set_certificate (g_task_get_task_data (task), identity);
  g_task_return_int (task, identity != NULL ? G_TLS_INTERACTION_HANDLED : G_TLS_INTERACTION_UNHANDLED);
}

void
u_tls_client_interaction_detach (UTlsClientInteraction *self)
{
  self->wanted = NULL;
  u_tls_client_interaction_complete (self, NULL);
}
