// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What Weir sees in the kernel. No program changes, delays or drops a packet, and none reads payload but that of DNS
 * answers, which can be turned off.
 */
#include <stdbool.h>
#include <linux/types.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "kernel.h"
#include "weir.h"
#include "maps.h"
#include "address.h"
#include "parse.h"
#include "glance.h"
#include "translate.h"
#include "connection.h"
#include "sockets.h"
#include "scan.h"
#include "packet_edges.h"
#include "direction.h"
#include "conversations.h"
#include "icmp.h"
#include "dns.h"
#include "packets.h"
#include "bridged.h"
#include "drops.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
