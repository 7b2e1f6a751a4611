/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <urlsession/auth/u-credential.h>
#include <urlsession/auth/u-protection-space.h>
#include <urlsession/auth/u-server-trust.h>
#include <urlsession/base/u-enums.h>
#include <urlsession/base/u-error.h>
#include <urlsession/base/u-macros.h>
#include <urlsession/base/u-types.h>
#include <urlsession/message/u-headers.h>
#include <urlsession/message/u-http-response.h>
#include <urlsession/message/u-request.h>
#include <urlsession/message/u-response.h>
#include <urlsession/message/u-task-metrics.h>
#include <urlsession/session/u-session-configuration.h>
#include <urlsession/session/u-session.h>
#include <urlsession/storage/u-credential-storage.h>
#include <urlsession/task/u-data-task.h>
#include <urlsession/task/u-decision.h>
#include <urlsession/task/u-download-task.h>
#include <urlsession/task/u-redirect-decision.h>
#include <urlsession/task/u-response-decision.h>
#include <urlsession/task/u-task.h>
#include <urlsession/u-enum-types.h>
#include <urlsession/u-version.h>
