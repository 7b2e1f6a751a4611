/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-http-proxy-resolver-private.h"

#include <string.h>

struct _UHttpProxyResolver
{
  GObject parent_instance;

  GProxyResolver *inner;      /* owned */
  UHttpMemory *memory;        /* owned */
};

static void u_http_proxy_resolver_iface_init (GProxyResolverInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (UHttpProxyResolver, u_http_proxy_resolver, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_PROXY_RESOLVER, u_http_proxy_resolver_iface_init))

static void
u_http_proxy_resolver_finalize (GObject *object)
{
  UHttpProxyResolver *self = U_HTTP_PROXY_RESOLVER (object);

  g_clear_object (&self->inner);
  u_http_memory_unref (self->memory);

  G_OBJECT_CLASS (u_http_proxy_resolver_parent_class)->finalize (object);
}

static void
u_http_proxy_resolver_class_init (UHttpProxyResolverClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = u_http_proxy_resolver_finalize;
}

static void
u_http_proxy_resolver_init (UHttpProxyResolver *self)
{
}

GProxyResolver *
u_http_proxy_resolver_new (GProxyResolver *inner, UHttpMemory *memory)
{
  UHttpProxyResolver *self = g_object_new (U_TYPE_HTTP_PROXY_RESOLVER, NULL);

  self->inner = g_object_ref (inner != NULL ? inner : g_proxy_resolver_get_default ());
  self->memory = u_http_memory_ref (memory);

  return G_PROXY_RESOLVER (self);
}

char *
u_http_proxy_resolver_take_login (UHttpMemory *memory, const char *uri)
{
  const GUriFlags flags = G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_SCHEME_NORMALIZE;
  g_autoptr (GUri) parsed = NULL;
  g_autoptr (GUri) bare = NULL;
  g_autofree char *fact = NULL;
  g_autofree char *space = NULL;

  if (g_ascii_strncasecmp (uri, "http://", strlen ("http://")) != 0)
    return g_strdup (uri);
  parsed = g_uri_parse (uri, flags, NULL);
  if (parsed == NULL || g_uri_get_user (parsed) == NULL)
    return g_strdup (uri);

  /* Once: if it is wrong, it is so the next time too. */
  fact = g_strconcat ("login in ", uri, NULL);
  if (!u_http_memory_has_noted (memory, fact))
    {
      g_autoptr (UCredentialData) credential = NULL;

      credential = u_credential_data_new (g_uri_get_user (parsed), g_uri_get_password (parsed),
                                          U_CREDENTIAL_PERSISTENCE_NONE);
      space = g_strdup_printf ("proxy %s:%d", g_uri_get_host (parsed), g_uri_get_port (parsed));
      u_http_memory_note (memory, fact);
      u_http_memory_learn (memory, space, credential);
    }
  bare = g_uri_build (flags, g_uri_get_scheme (parsed), NULL, g_uri_get_host (parsed), g_uri_get_port (parsed),
                      g_uri_get_path (parsed), NULL, NULL);

  return g_uri_to_string (bare);
}

static char **
take_logins (UHttpProxyResolver *self, char **uris)
{
  for (guint i = 0; uris != NULL && uris[i] != NULL; i++)
    {
      char *bare = u_http_proxy_resolver_take_login (self->memory, uris[i]);

      g_free (uris[i]);
      uris[i] = bare;
    }

  return uris;
}

static gboolean
u_http_proxy_resolver_is_supported (GProxyResolver *resolver)
{
  return g_proxy_resolver_is_supported (U_HTTP_PROXY_RESOLVER (resolver)->inner);
}

static char **
u_http_proxy_resolver_lookup (GProxyResolver *resolver, const char *uri, GCancellable *cancellable, GError **error)
{
  UHttpProxyResolver *self = U_HTTP_PROXY_RESOLVER (resolver);

  return take_logins (self, g_proxy_resolver_lookup (self->inner, uri, cancellable, error));
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
    g_task_return_pointer (task, take_logins (g_task_get_source_object (task), uris), (GDestroyNotify) g_strfreev);
}

static void
u_http_proxy_resolver_lookup_async (GProxyResolver *resolver, const char *uri, GCancellable *cancellable,
                                    GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (resolver, cancellable, callback, user_data);

  g_task_set_source_tag (task, u_http_proxy_resolver_lookup_async);
  g_proxy_resolver_lookup_async (U_HTTP_PROXY_RESOLVER (resolver)->inner, uri, cancellable, looked_up_cb, task);
}

static char **
u_http_proxy_resolver_lookup_finish (GProxyResolver *resolver, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, resolver), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
u_http_proxy_resolver_iface_init (GProxyResolverInterface *iface)
{
  iface->is_supported = u_http_proxy_resolver_is_supported;
  iface->lookup = u_http_proxy_resolver_lookup;
  iface->lookup_async = u_http_proxy_resolver_lookup_async;
  iface->lookup_finish = u_http_proxy_resolver_lookup_finish;
}

gboolean
u_proxy_resolver_is_native (GProxyResolver *resolver)
{
  return G_OBJECT_TYPE (resolver) == G_TYPE_SIMPLE_PROXY_RESOLVER || resolver == g_proxy_resolver_get_default ();
}
