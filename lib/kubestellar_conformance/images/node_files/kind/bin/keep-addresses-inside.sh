#!/bin/bash
# Keeps the addresses of a cluster of one node from leaving it. Without this, a connection to a Service that kube-proxy
# does not know yet, or to a pod that is gone, goes out to whatever answers there, and may stay with it.
# Runs just before the kubelet starts.
subnet() { sed -n "s/^ *\"\{0,1\}$1\"\{0,1\}: *\"\{0,1\}\([0-9./]*\).*/\1/p" /kind/kubeadm.conf | head -1; }
services=$(subnet serviceSubnet) pods=$(subnet podSubnet)
# What kube-proxy knows has a pod's address by the time it comes here.
for chain in FORWARD OUTPUT; do
    rule=("$chain" -d "${services:-10.96.0.0/16}" -j REJECT)
    iptables -w -C "${rule[@]}" 2>/dev/null || iptables -w -I "${rule[@]}"
done
# Each pod that there is has a route of its own, which is narrower.
ip route replace unreachable "${pods:-10.244.0.0/16}"
