"""work.py SECONDS"""
import json
import math
import re
import sys
import time


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def roots():
    found = {str(i * 7): math.sqrt(i) for i in range(500)}
    return sorted(found.items(), key=lambda pair: -pair[1])


def texts():
    return json.loads(json.dumps([re.sub(r"a+", "b", f"caaat{i}") for i in range(200)]))


end = time.time() + float(sys.argv[1])
while time.time() < end:
    fib(15)
    roots()
    texts()
