"""agent.py: runs commands in a guest, any number of them at once.

Reads one JSON object per line: id, argv, stdin (base64, or null) and seconds. Writes one per command once it has ended:
id, code, stdout and stderr. As of timeout(1) and sh(1), the code is 124 when its time was up, 127 when it could not be
started, and 128 + n when signal n ended it.
"""

import base64
import json
import os
import signal
import subprocess
import sys
import threading

TIME_IS_UP, NOT_STARTED, SIGNALLED = 124, 127, 128
PIPE = subprocess.PIPE
writing = threading.Lock()


def end(program):
    """Asks its process group to end, and kills what is left of it a second later.

    Something that left the group may hold the outputs for ever: then they are what came until now.
    """
    outputs = b"", b""
    for how, patience in (signal.SIGTERM, 1), (signal.SIGKILL, 0.5):
        os.killpg(program.pid, how)
        try:
            return program.communicate(timeout=patience)
        except subprocess.TimeoutExpired as late:
            outputs = late.stdout or b"", late.stderr or b""
    return outputs


def run(argv, stdin, seconds):
    source = subprocess.DEVNULL if stdin is None else PIPE
    try:
        program = subprocess.Popen(argv, stdin=source, stdout=PIPE, stderr=PIPE, start_new_session=True)
    except (OSError, ValueError) as error:
        return NOT_STARTED, b"", f"{error}\n".encode()
    try:
        outputs = program.communicate(stdin, seconds)
    except subprocess.TimeoutExpired:
        return TIME_IS_UP, *end(program)
    code = program.returncode
    return code if code >= 0 else SIGNALLED - code, *outputs


def answer(request):
    stdin = request["stdin"]
    given = None if stdin is None else base64.b64decode(stdin)
    code, stdout, stderr = run(request["argv"], given, request["seconds"])
    said = {"stdout": stdout.decode(errors="replace"), "stderr": stderr.decode(errors="replace")}
    with writing:
        print(json.dumps({"id": request["id"], "code": code, **said}), flush=True)


for line in sys.stdin:
    threading.Thread(target=answer, args=(json.loads(line),), daemon=True).start()
