/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-connector-proxies-private.h"

#define URI_FLAGS (G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_SCHEME_NORMALIZE)

struct _UConnectorProxies
{
  GObject parent_instance;

  GProxyResolver *inner;      /* owned */
  UHttpMemory *memory;        /* owned */
};

static void u_connector_proxies_iface_init (GProxyResolverInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (UConnectorProxies, u_connector_proxies, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_PROXY_RESOLVER, u_connector_proxies_iface_init))

static void
u_connector_proxies_finalize (GObject *object)
{
  UConnectorProxies *self = U_CONNECTOR_PROXIES (object);

  g_clear_object (&self->inner);
  u_http_memory_unref (self->memory);

  G_OBJECT_CLASS (u_connector_proxies_parent_class)->finalize (object);
}

static void
u_connector_proxies_class_init (UConnectorProxiesClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = u_connector_proxies_finalize;
}

static void
u_connector_proxies_init (UConnectorProxies *self)
{
}

GProxyResolver *
u_connector_proxies_new (GProxyResolver *inner, UHttpMemory *memory)
{
  UConnectorProxies *self = g_object_new (U_TYPE_CONNECTOR_PROXIES, NULL);

  self->inner = g_object_ref (inner != NULL ? inner : g_proxy_resolver_get_default ());
  self->memory = u_http_memory_ref (memory);

  return G_PROXY_RESOLVER (self);
}

char *
u_connector_proxies_dup_space (const char *uri)
{
  g_autoptr (GUri) parsed = g_uri_parse (uri, URI_FLAGS, NULL);

  if (parsed == NULL || g_uri_get_host (parsed) == NULL)
    return NULL;

  return g_strdup_printf ("proxy %s:%d", g_uri_get_host (parsed), g_uri_get_port (parsed));
}

char *
u_connector_proxies_put_login (const char *uri, UCredentialData *credential)
{
  g_autoptr (GUri) parsed = g_uri_parse (uri, URI_FLAGS, NULL);

  if (parsed == NULL || credential->user == NULL)
    return g_strdup (uri);

  return g_uri_join_with_user (URI_FLAGS, g_uri_get_scheme (parsed), credential->user,
                               credential->password != NULL ? credential->password : "", NULL,
                               g_uri_get_host (parsed), g_uri_get_port (parsed), g_uri_get_path (parsed), NULL, NULL);
}

static char **
put_logins (UConnectorProxies *self, char **uris)
{
  for (guint i = 0; uris != NULL && uris[i] != NULL; i++)
    {
      g_autofree char *space = u_connector_proxies_dup_space (uris[i]);
      g_autoptr (UCredentialData) credential = NULL;

      if (space != NULL && u_http_memory_recall (self->memory, space, &credential) && credential != NULL)
        {
          char *with_login = u_connector_proxies_put_login (uris[i], credential);

          g_free (uris[i]);
          uris[i] = with_login;
        }
    }

  return uris;
}

static gboolean
u_connector_proxies_is_supported (GProxyResolver *resolver)
{
  return g_proxy_resolver_is_supported (U_CONNECTOR_PROXIES (resolver)->inner);
}

static char **
u_connector_proxies_lookup (GProxyResolver *resolver, const char *uri, GCancellable *cancellable, GError **error)
{
  UConnectorProxies *self = U_CONNECTOR_PROXIES (resolver);

  return put_logins (self, g_proxy_resolver_lookup (self->inner, uri, cancellable, error));
}

static void
looked_up_cb (GObject *inner, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  char **uris = g_proxy_resolver_lookup_finish (G_PROXY_RESOLVER (inner), result, &error);

  if (uris == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, put_logins (g_task_get_source_object (task), uris), (GDestroyNotify) g_strfreev);
}

static void
u_connector_proxies_lookup_async (GProxyResolver *resolver, const char *uri, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (resolver, cancellable, callback, user_data);

  g_task_set_source_tag (task, u_connector_proxies_lookup_async);
  g_proxy_resolver_lookup_async (U_CONNECTOR_PROXIES (resolver)->inner, uri, cancellable, looked_up_cb, task);
}

static char **
u_connector_proxies_lookup_finish (GProxyResolver *resolver, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, resolver), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
u_connector_proxies_iface_init (GProxyResolverInterface *iface)
{
  iface->is_supported = u_connector_proxies_is_supported;
  iface->lookup = u_connector_proxies_lookup;
  iface->lookup_async = u_connector_proxies_lookup_async;
  iface->lookup_finish = u_connector_proxies_lookup_finish;
}
