/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <urlsession/base/u-error.h>
#include <urlsession/base/u-macros.h>
#include <urlsession/base/u-types.h>
#include <urlsession/message/u-headers.h>
#include <urlsession/message/u-http-response.h>
#include <urlsession/message/u-request.h>
#include <urlsession/message/u-response.h>
#include <urlsession/u-enum-types.h>
#include <urlsession/u-version.h>
