"""A server of S3 on this machine, with folders in a bucket, until standard input ends.

  serve_s3.py BUCKET FOLDER…

Prints a line of JSON: where it is, a key that may read the bucket, and the secret of it. Whoever has no
such key is refused, as by Amazon's.
"""

import json
import os
import sys

bucket, *folders = sys.argv[1:]
files = [(folder, os.path.join(place, name)) for folder in folders for place, _, names in os.walk(folder) for name in names]
# How many requests come before keys are asked for: those below.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = str(len(files) + 4)

import boto3
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
place = f"http://{host}:{port}"
ways = {"endpoint_url": place, "aws_access_key_id": "any", "aws_secret_access_key": "any", "region_name": "us-east-1"}
users = boto3.client("iam", **ways)
users.create_user(UserName="reader")
key = users.create_access_key(UserName="reader")["AccessKey"]
allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
users.put_user_policy(UserName="reader", PolicyName="reads", PolicyDocument=policy)
objects = boto3.client("s3", **ways)
objects.create_bucket(Bucket=bucket)
for folder, path in files:
    objects.upload_file(path, bucket, f"{os.path.basename(folder)}/{os.path.relpath(path, folder)}")
print(json.dumps({"place": place, "key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}), flush=True)
sys.stdin.read()
os._exit(0)
