#!/bin/bash
# The network of a cluster of one node, from the pod subnet that kind chose. Runs just before the kubelet starts.
subnet=$(sed -n 's/^ *"\{0,1\}podSubnet"\{0,1\}: *"\{0,1\}\([0-9.]*\).*/\1/p' /kind/kubeadm.conf | head -1)
cat >/etc/cni/net.d/10-ptp.conflist <<EOF
{"cniVersion": "0.4.0", "name": "ptp", "plugins": [
  {"type": "ptp", "ipMasq": true, "mtu": 1500, "ipam": {"type": "host-local", "dataDir": "/run/cni-ipam-state",
   "routes": [{"dst": "0.0.0.0/0"}], "ranges": [[{"subnet": "${subnet:-10.244.0.0}/24"}]]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
EOF
