"""Something for CPython to do: JSON, regular expressions, sorting, deep recursion. Two seconds of CPU time."""
import json
import re
import time


class Tree:
    def __init__(self, depth):
        self.branches = [Tree(depth - 1) for _ in range(2)] if depth else []

    def count(self):
        return 1 + sum(branch.count() for branch in self.branches)

    def as_dict(self, name):
        return {name: [branch.as_dict(name + "x") for branch in self.branches]}


def words(text):
    return sorted(set(re.findall(r"[a-z]+\d*", text)), key=lambda word: (len(word), word[::-1]))


end = time.process_time() + 2
tree = Tree(9)
while time.process_time() < end:
    text = json.dumps(tree.as_dict("root"), indent=1)
    again = json.loads(text, object_hook=lambda pairs: pairs)
    found = words(text + "".join(f"word{number} " for number in range(3000)))
    assert tree.count() == 1023 and again and found
