/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

/* A host that is not this machine, as far as anybody can see: a name, and a resolver that says what it stands for. */

#define FAR "far"

typedef enum {
  FAR_IS_HERE,                /* 127.0.0.1 */
  FAR_IS_UNREACHABLE,         /* a broadcast address: there is no way to connect to it. libsoup remembers it */
  FAR_IS_NOWHERE,             /* the name does not exist */
  FAR_IS_UNKNOWN,             /* the resolver does not know for the moment */
} FarIs;

static int far_is;            /* atomic */
static int n_lookups;         /* atomic */

#define TEST_TYPE_RESOLVER (test_resolver_get_type ())
G_DECLARE_FINAL_TYPE (TestResolver, test_resolver, TEST, RESOLVER, GResolver)

struct _TestResolver
{
  GResolver parent_instance;
};

G_DEFINE_FINAL_TYPE (TestResolver, test_resolver, G_TYPE_RESOLVER)

static GList *
look_up (GError **error)
{
  g_atomic_int_inc (&n_lookups);
  switch (g_atomic_int_get (&far_is))
    {
    case FAR_IS_HERE:
      return g_list_prepend (NULL, g_inet_address_new_from_string ("127.0.0.1"));
    case FAR_IS_UNREACHABLE:
      return g_list_prepend (NULL, g_inet_address_new_from_string ("255.255.255.255"));
    case FAR_IS_NOWHERE:
      g_set_error_literal (error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "No such name");
      return NULL;
    case FAR_IS_UNKNOWN:
    default:
      g_set_error_literal (error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_TEMPORARY_FAILURE, "No name server");
      return NULL;
    }
}

static void
test_resolver_lookup_async (GResolver                *resolver,
                            const char               *hostname,
                            GResolverNameLookupFlags  flags,
                            GCancellable             *cancellable,
                            GAsyncReadyCallback       callback,
                            gpointer                  user_data)
{
  g_autoptr (GTask) task = g_task_new (resolver, cancellable, callback, user_data);
  GError *error = NULL;
  GList *addresses;

  g_assert_true (g_str_has_prefix (hostname, FAR));
  if (flags == G_RESOLVER_NAME_LOOKUP_FLAGS_IPV6_ONLY)
    {
      g_task_return_new_error (task, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "No such address");
      return;
    }
  addresses = look_up (&error);
  if (addresses == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, addresses, NULL);
}

static GList *
test_resolver_lookup_finish (GResolver *resolver, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
test_resolver_lookup_plain_async (GResolver           *resolver,
                                  const char          *hostname,
                                  GCancellable        *cancellable,
                                  GAsyncReadyCallback  callback,
                                  gpointer             user_data)
{
  test_resolver_lookup_async (resolver, hostname, G_RESOLVER_NAME_LOOKUP_FLAGS_DEFAULT, cancellable, callback,
                              user_data);
}

static void
test_resolver_class_init (TestResolverClass *klass)
{
  GResolverClass *resolver_class = G_RESOLVER_CLASS (klass);

  resolver_class->lookup_by_name_async = test_resolver_lookup_plain_async;
  resolver_class->lookup_by_name_finish = test_resolver_lookup_finish;
  resolver_class->lookup_by_name_with_flags_async = test_resolver_lookup_async;
  resolver_class->lookup_by_name_with_flags_finish = test_resolver_lookup_finish;
}

static void
test_resolver_init (TestResolver *self)
{
}
