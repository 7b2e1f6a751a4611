/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "urlsession/loader/u-protocol-exchange-private.h"
#include "urlsession/task/u-protocol-load.h"

G_BEGIN_DECLS

UProtocolLoad *u_protocol_load_new      (UTask                  *task,
                                         UProtocolExchange      *exchange,
                                         URequestData           *request);

/* In the context of the session. */
void           u_protocol_load_has_room (UProtocolLoad          *self);
void           u_protocol_load_answer   (UProtocolLoad          *self,
                                         const UChallengeAnswer *answer);
/* Nobody listens any more: who waits for something is told. */
void           u_protocol_load_close    (UProtocolLoad          *self);
/* The reference that the end of a load took, if it did. */
void           u_protocol_load_let_go   (UProtocolLoad          *self);

G_END_DECLS
