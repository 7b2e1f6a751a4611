/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/loader/u-loader-private.h"

#include "urlsession/loader/u-http-engine-private.h"
#include "urlsession/loader/u-http-load-private.h"

typedef struct
{
  ULoader parent;
  ULoaderSettings settings;   /* its pointers owned */
  UHttpMemory *memory;        /* owned */
  UHttpEngine *engine;        /* owned; NULL until the next load */
} UHttpLoader;

static ULoad *
http_start (ULoader *loader, const ULoadParams *params, const ULoadSink *sink, gpointer user_data)
{
  UHttpLoader *self = (UHttpLoader *) loader;

  if (self->engine != NULL && u_http_engine_is_broken (self->engine))
    g_clear_pointer (&self->engine, u_http_engine_unref);
  if (self->engine == NULL)
    self->engine = u_http_engine_new (&self->settings, self->memory);

  return u_http_load_new (loader->klass, self->engine, params, sink, user_data);
}

static void
http_drop_idle (ULoader *loader, gboolean forget)
{
  UHttpLoader *self = (UHttpLoader *) loader;

  g_clear_pointer (&self->engine, u_http_engine_unref);
  if (forget)
    {
      u_http_memory_unref (self->memory);
      self->memory = u_http_memory_new ();
    }
}

static void
http_free_loader (ULoader *loader)
{
  UHttpLoader *self = (UHttpLoader *) loader;

  http_drop_idle (loader, FALSE);
  u_http_memory_unref (self->memory);
  g_clear_object (&self->settings.tls_database);
  g_clear_object (&self->settings.proxy_resolver);
  g_clear_pointer (&self->settings.tls_rules, u_tls_rules_unref);
  g_free (self);
}

static const char * const http_schemes[] = { "http", "https", NULL };

static const ULoaderClass http_class = {
  .schemes = http_schemes,
  .uses_network = TRUE,
  .start = http_start,
  .set_credit = u_http_load_set_credit,
  .set_send_credit = u_http_load_set_send_credit,
  .set_priority = u_http_load_set_priority,
  .take_transaction = u_http_load_take_transaction,
  .answer = u_http_load_answer,
  .cancel = u_http_load_cancel,
  .free = u_http_load_free,
  .drop_idle = http_drop_idle,
  .free_loader = http_free_loader,
};

ULoader *
u_http_loader_new (const ULoaderSettings *settings)
{
  UHttpLoader *self = g_new0 (UHttpLoader, 1);

  self->parent.klass = &http_class;
  self->settings = *settings;
  if (settings->tls_database != NULL)
    g_object_ref (settings->tls_database);
  if (settings->proxy_resolver != NULL)
    g_object_ref (settings->proxy_resolver);
  if (settings->tls_rules != NULL)
    u_tls_rules_ref (settings->tls_rules);
  self->memory = u_http_memory_new ();

  return &self->parent;
}
