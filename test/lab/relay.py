"""relay.py DEVICE DEVICE SECONDS: passes frames between two devices, each frame that much later.

For kernels without netem. PACKET_VNET_HDR carries segmentation and checksum offload across, so that
the hosts at both ends keep their settings. Says "ready" once it listens.
"""

import heapq
import selectors
import socket
import sys
import time

ETH_P_ALL = 3
SOL_PACKET, PACKET_VNET_HDR, PACKET_IGNORE_OUTGOING = 263, 15, 23
LARGEST = 10 + 18 + 65536


def listen(device):
    port = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    port.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    port.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    port.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
    port.bind((device, 0))
    port.setblocking(False)
    return port


def take_all(port, out, delay, waiting):
    """Queues what has come; the running number keeps frames of one instant in order."""
    while True:
        try:
            frame = port.recv(LARGEST)
        except BlockingIOError:
            return
        heapq.heappush(waiting, (time.monotonic() + delay, take_all.count, out, frame))
        take_all.count += 1


take_all.count = 0


def send_due(waiting):
    """Sends what is due; returns the seconds until the next one."""
    while waiting:
        left = waiting[0][0] - time.monotonic()
        if left > 0:
            return left
        _, _, out, frame = heapq.heappop(waiting)
        try:
            out.send(frame)
        except OSError:
            pass  # a frame that the far end does not take is lost, as on any wire
    return None


def main(first, second, delay):
    left, right = listen(first), listen(second)
    ports = selectors.DefaultSelector()
    ports.register(left, selectors.EVENT_READ, right)
    ports.register(right, selectors.EVENT_READ, left)
    waiting = []
    print("ready", flush=True)
    while True:
        for key, _ in ports.select(send_due(waiting)):
            take_all(key.fileobj, key.data, delay, waiting)


main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
