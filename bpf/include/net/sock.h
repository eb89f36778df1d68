/* SPDX-License-Identifier: MIT OR GPL-2.0 */
#pragma once
#include <linux/socket.h>

/* struct sock's accessor names for what lies in its common part */
#define sk_family __sk_common.skc_family
#define sk_state __sk_common.skc_state
#define sk_num __sk_common.skc_num
#define sk_dport __sk_common.skc_dport
#define sk_daddr __sk_common.skc_daddr
#define sk_rcv_saddr __sk_common.skc_rcv_saddr
#define sk_v6_daddr __sk_common.skc_v6_daddr
#define sk_v6_rcv_saddr __sk_common.skc_v6_rcv_saddr
#define sk_net __sk_common.skc_net
#define sk_bound_dev_if __sk_common.skc_bound_dev_if
#define sk_hash __sk_common.skc_hash
#define sk_cookie __sk_common.skc_cookie
