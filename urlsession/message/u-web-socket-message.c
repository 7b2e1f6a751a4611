/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/message/u-web-socket-message-private.h"

#include "urlsession/u-enum-types.h"

/**
 * UWebSocketMessage:
 *
 * A message that a server sent over a [class@WebSocketTask]: text, or bytes.
 *
 * However many frames it came in, it is one. Immutable; may be used from any thread.
 */
struct _UWebSocketMessage
{
  GObject parent_instance;

  UWebSocketMessageKind kind;
  GBytes *payload;            /* owned */
};

enum {
  PROP_0,
  PROP_BYTES,
  PROP_KIND,
  PROP_TEXT,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (UWebSocketMessage, u_web_socket_message, G_TYPE_OBJECT)

static void
u_web_socket_message_finalize (GObject *object)
{
  UWebSocketMessage *self = U_WEB_SOCKET_MESSAGE (object);

  g_bytes_unref (self->payload);

  G_OBJECT_CLASS (u_web_socket_message_parent_class)->finalize (object);
}

static void
u_web_socket_message_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  UWebSocketMessage *self = U_WEB_SOCKET_MESSAGE (object);

  switch (prop_id)
    {
    case PROP_BYTES:
      g_value_set_boxed (value, self->payload);
      break;
    case PROP_KIND:
      g_value_set_enum (value, self->kind);
      break;
    case PROP_TEXT:
      g_value_set_string (value, u_web_socket_message_get_text (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_web_socket_message_class_init (UWebSocketMessageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = u_web_socket_message_finalize;
  object_class->get_property = u_web_socket_message_get_property;

  /**
   * UWebSocketMessage:bytes: (getter get_bytes)
   *
   * The message as it was sent: of a text its UTF-8.
   */
  props[PROP_BYTES] = g_param_spec_boxed ("bytes", NULL, NULL, G_TYPE_BYTES, flags);
  /**
   * UWebSocketMessage:kind: (getter get_kind)
   *
   * Whether the server sent it as text or as bytes.
   */
  props[PROP_KIND] =
    g_param_spec_enum ("kind", NULL, NULL, U_TYPE_WEB_SOCKET_MESSAGE_KIND, U_WEB_SOCKET_MESSAGE_KIND_BYTES, flags);
  /**
   * UWebSocketMessage:text: (getter get_text)
   *
   * The text; %NULL for bytes.
   */
  props[PROP_TEXT] = g_param_spec_string ("text", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
u_web_socket_message_init (UWebSocketMessage *self)
{
  self->kind = U_WEB_SOCKET_MESSAGE_KIND_BYTES;
  self->payload = g_bytes_new_static (NULL, 0);
}

UWebSocketMessage *
u_web_socket_message_new (UWebSocketMessageKind kind, GBytes *payload)
{
  UWebSocketMessage *self = g_object_new (U_TYPE_WEB_SOCKET_MESSAGE, NULL);

  self->kind = kind;
  g_bytes_unref (self->payload);
  self->payload = g_bytes_ref (payload);

  return self;
}

/**
 * u_web_socket_message_get_kind: (get-property kind)
 * @self: a message
 *
 * Gets whether the server sent it as text or as bytes.
 *
 * Returns: the kind of message
 */
UWebSocketMessageKind
u_web_socket_message_get_kind (UWebSocketMessage *self)
{
  g_return_val_if_fail (U_IS_WEB_SOCKET_MESSAGE (self), U_WEB_SOCKET_MESSAGE_KIND_BYTES);

  return self->kind;
}

/**
 * u_web_socket_message_get_bytes: (get-property bytes)
 * @self: a message
 *
 * Gets the message as it was sent: of a text its UTF-8.
 *
 * Returns: (transfer none): the bytes, empty if there were none
 */
GBytes *
u_web_socket_message_get_bytes (UWebSocketMessage *self)
{
  g_return_val_if_fail (U_IS_WEB_SOCKET_MESSAGE (self), NULL);

  return self->payload;
}

/**
 * u_web_socket_message_get_text: (get-property text)
 * @self: a message
 *
 * Gets the text.
 *
 * It is valid UTF-8. A text with the character U+0000 in it ends there; [property@WebSocketMessage:bytes] has all of
 * it.
 *
 * Returns: (transfer none) (nullable): the text; %NULL for bytes
 */
const char *
u_web_socket_message_get_text (UWebSocketMessage *self)
{
  g_return_val_if_fail (U_IS_WEB_SOCKET_MESSAGE (self), NULL);

  if (self->kind != U_WEB_SOCKET_MESSAGE_KIND_TEXT)
    return NULL;

  return g_bytes_get_size (self->payload) > 0 ? g_bytes_get_data (self->payload, NULL) : "";
}
