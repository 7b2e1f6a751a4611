/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "urlsession/session/u-server-event.h"

/**
 * UServerEvent:
 *
 * One event of a [class@EventSource].
 *
 * It never changes, and may be used from any thread.
 */
struct _UServerEvent
{
  GObject parent_instance;

  char *event_type;           /* owned */
  char *text;                 /* owned */
  char *last_event_id;        /* owned */
};

enum {
  PROP_0,
  PROP_EVENT_TYPE,
  PROP_LAST_EVENT_ID,
  PROP_TEXT,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (UServerEvent, u_server_event, G_TYPE_OBJECT)

static char *
dup_text (const GValue *value, const char *otherwise)
{
  const char *text = g_value_get_string (value);

  return g_strdup (text != NULL ? text : otherwise);
}

static void
u_server_event_set_property (GObject *object, guint prop_id, const GValue *value, GParamSpec *pspec)
{
  UServerEvent *self = U_SERVER_EVENT (object);

  switch (prop_id)
    {
    case PROP_EVENT_TYPE:
      self->event_type = dup_text (value, "message");
      break;
    case PROP_LAST_EVENT_ID:
      self->last_event_id = dup_text (value, "");
      break;
    case PROP_TEXT:
      self->text = dup_text (value, "");
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_server_event_get_property (GObject *object, guint prop_id, GValue *value, GParamSpec *pspec)
{
  UServerEvent *self = U_SERVER_EVENT (object);

  switch (prop_id)
    {
    case PROP_EVENT_TYPE:
      g_value_set_string (value, self->event_type);
      break;
    case PROP_LAST_EVENT_ID:
      g_value_set_string (value, self->last_event_id);
      break;
    case PROP_TEXT:
      g_value_set_string (value, self->text);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
u_server_event_finalize (GObject *object)
{
  UServerEvent *self = U_SERVER_EVENT (object);

  g_free (self->event_type);
  g_free (self->text);
  g_free (self->last_event_id);

  G_OBJECT_CLASS (u_server_event_parent_class)->finalize (object);
}

static void
u_server_event_class_init (UServerEventClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GParamFlags flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->set_property = u_server_event_set_property;
  object_class->get_property = u_server_event_get_property;
  object_class->finalize = u_server_event_finalize;

  /**
   * UServerEvent:event-type: (getter get_event_type)
   *
   * What the server calls this kind of event.
   */
  props[PROP_EVENT_TYPE] = g_param_spec_string ("event-type", NULL, NULL, "message", flags);
  /**
   * UServerEvent:last-event-id: (getter get_last_event_id)
   *
   * The identifier of this event, or of the last one that had one; empty if there was none.
   */
  props[PROP_LAST_EVENT_ID] = g_param_spec_string ("last-event-id", NULL, NULL, "", flags);
  /**
   * UServerEvent:text: (getter get_text)
   *
   * The data of the event; its lines are separated by line feeds.
   */
  props[PROP_TEXT] = g_param_spec_string ("text", NULL, NULL, "", flags);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
u_server_event_init (UServerEvent *self)
{
}

/**
 * u_server_event_new:
 * @event_type: (nullable): the kind of event; %NULL: `message`
 * @text: its data, UTF-8
 * @last_event_id: (nullable): its identifier; %NULL: none
 *
 * Creates an event, for tests of what handles them.
 *
 * Returns: (transfer full): the event
 */
UServerEvent *
u_server_event_new (const char *event_type, const char *text, const char *last_event_id)
{
  return g_object_new (U_TYPE_SERVER_EVENT, "event-type", event_type, "text", text, "last-event-id", last_event_id,
                       NULL);
}

/**
 * u_server_event_get_event_type: (get-property event-type)
 * @self: an event
 *
 * Gets what kind of event it is: `message` unless the server says something else.
 *
 * Returns: (transfer none): the kind
 */
const char *
u_server_event_get_event_type (UServerEvent *self)
{
  g_return_val_if_fail (U_IS_SERVER_EVENT (self), NULL);

  return self->event_type;
}

/**
 * u_server_event_get_text: (get-property text)
 * @self: an event
 *
 * Gets the data of the event.
 *
 * Returns: (transfer none): the data, UTF-8
 */
const char *
u_server_event_get_text (UServerEvent *self)
{
  g_return_val_if_fail (U_IS_SERVER_EVENT (self), NULL);

  return self->text;
}

/**
 * u_server_event_get_last_event_id: (get-property last-event-id)
 * @self: an event
 *
 * Gets the identifier that the server gave it or one before it.
 *
 * Returns: (transfer none): the identifier, empty if there is none
 */
const char *
u_server_event_get_last_event_id (UServerEvent *self)
{
  g_return_val_if_fail (U_IS_SERVER_EVENT (self), NULL);

  return self->last_event_id;
}
