/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>
#include <urlsession/base/u-macros.h>
#include <urlsession/base/u-types.h>
#include <urlsession/message/u-retry-policy.h>

G_BEGIN_DECLS

#define U_TYPE_REQUEST (u_request_get_type ())

U_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (URequest, u_request, U, REQUEST, GObject)

U_AVAILABLE_IN_ALL
URequest    *u_request_new                           (const char  *uri) G_GNUC_WARN_UNUSED_RESULT;

U_AVAILABLE_IN_ALL
URequest    *u_request_new_for_uri                   (GUri        *uri) G_GNUC_WARN_UNUSED_RESULT;

U_AVAILABLE_IN_ALL
URequest    *u_request_copy                          (URequest    *self) G_GNUC_WARN_UNUSED_RESULT;

U_AVAILABLE_IN_ALL
gboolean     u_request_is_sealed                     (URequest    *self);

U_AVAILABLE_IN_ALL
gboolean     u_request_equal                         (URequest    *self,
                                                      URequest    *other);

U_AVAILABLE_IN_ALL
const char  *u_request_get_uri                       (URequest    *self);
U_AVAILABLE_IN_ALL
void         u_request_set_uri                       (URequest    *self,
                                                      const char  *uri);

U_AVAILABLE_IN_ALL
GUri        *u_request_dup_uri                       (URequest    *self);

U_AVAILABLE_IN_ALL
const char  *u_request_get_method                    (URequest    *self);
U_AVAILABLE_IN_ALL
void         u_request_set_method                    (URequest    *self,
                                                      const char  *method);

U_AVAILABLE_IN_ALL
UHeaders    *u_request_get_headers                   (URequest    *self);

U_AVAILABLE_IN_ALL
double       u_request_get_timeout                   (URequest    *self);
U_AVAILABLE_IN_ALL
void         u_request_set_timeout                   (URequest    *self,
                                                      double       timeout);

U_AVAILABLE_IN_ALL
gboolean     u_request_get_allows_cellular_access    (URequest    *self);
U_AVAILABLE_IN_ALL
void         u_request_set_allows_cellular_access    (URequest    *self,
                                                      gboolean     allows_cellular_access);

U_AVAILABLE_IN_ALL
gboolean     u_request_get_allows_constrained_access (URequest    *self);
U_AVAILABLE_IN_ALL
void         u_request_set_allows_constrained_access (URequest    *self,
                                                      gboolean     allows_constrained_access);

U_AVAILABLE_IN_ALL
gboolean     u_request_get_allows_expensive_access   (URequest    *self);
U_AVAILABLE_IN_ALL
void         u_request_set_allows_expensive_access   (URequest    *self,
                                                      gboolean     allows_expensive_access);

U_AVAILABLE_IN_ALL
gboolean     u_request_get_handles_cookies           (URequest    *self);
U_AVAILABLE_IN_ALL
void         u_request_set_handles_cookies           (URequest    *self,
                                                      gboolean     handles_cookies);

U_AVAILABLE_IN_ALL
const char  *u_request_get_main_document_uri         (URequest    *self);
U_AVAILABLE_IN_ALL
void         u_request_set_main_document_uri         (URequest    *self,
                                                      const char  *main_document_uri);

U_AVAILABLE_IN_ALL
gint64       u_request_get_maximum_body_length (URequest  *self);
U_AVAILABLE_IN_ALL
void         u_request_set_maximum_body_length (URequest  *self,
                                              gint64       maximum_body_length);
U_AVAILABLE_IN_ALL
URetryPolicy *u_request_get_retry_policy             (URequest    *self);
U_AVAILABLE_IN_ALL
void         u_request_set_retry_policy              (URequest    *self,
                                                      URetryPolicy *retry_policy);

U_AVAILABLE_IN_ALL
GBytes      *u_request_get_body_bytes                (URequest    *self);
U_AVAILABLE_IN_ALL
void         u_request_set_body_bytes                (URequest    *self,
                                                      GBytes      *body,
                                                      const char  *content_type);

U_AVAILABLE_IN_ALL
GInputStream *u_request_get_body_stream              (URequest    *self);
U_AVAILABLE_IN_ALL
void         u_request_set_body_stream               (URequest    *self,
                                                      GInputStream *stream,
                                                      gint64       length,
                                                      const char  *content_type);

U_AVAILABLE_IN_ALL
GFile       *u_request_get_body_file                 (URequest    *self);
U_AVAILABLE_IN_ALL
void         u_request_set_body_file                 (URequest    *self,
                                                      GFile       *file,
                                                      const char  *content_type);

U_AVAILABLE_IN_ALL
const char  *u_request_get_body_content_type         (URequest    *self);

U_AVAILABLE_IN_ALL
void         u_request_set_body_form                 (URequest    *self,
                                                      UFormData   *form);

U_AVAILABLE_IN_ALL
void         u_request_set_body_json                 (URequest    *self,
                                                      JsonNode    *node);

U_AVAILABLE_IN_ALL
void         u_request_add_query_item                (URequest    *self,
                                                      const char  *name,
                                                      const char  *value);

U_AVAILABLE_IN_ALL
void         u_request_remove_query_items            (URequest    *self,
                                                      const char  *name);

U_AVAILABLE_IN_ALL
char       **u_request_dup_query_items               (URequest    *self);

U_AVAILABLE_IN_ALL
char        *u_request_dup_query_value               (URequest    *self,
                                                      const char  *name);

U_AVAILABLE_IN_ALL
GVariant    *u_request_get_attribute                 (URequest    *self,
                                                      const char  *key);
U_AVAILABLE_IN_ALL
void         u_request_set_attribute                 (URequest    *self,
                                                      const char  *key,
                                                      GVariant    *value);
U_AVAILABLE_IN_ALL
void         u_request_remove_attribute              (URequest    *self,
                                                      const char  *key);

U_AVAILABLE_IN_ALL
gboolean     u_request_set_basic_authorization       (URequest    *self,
                                                      const char  *user,
                                                      const char  *password,
                                                      GError     **error);

U_AVAILABLE_IN_ALL
gboolean     u_request_set_bearer_token              (URequest    *self,
                                                      const char  *token,
                                                      GError     **error);

U_AVAILABLE_IN_ALL
char        *u_request_to_curl                       (URequest    *self);

G_END_DECLS
