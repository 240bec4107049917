"""What boto3 does against a server: `python boto3_scenario.py <scenario>`, with the server in CAIRN_TEST_ENDPOINT."""

import hashlib
import os
import sys
import urllib.request

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.client import Config
from botocore.exceptions import ClientError, WaiterError

BUCKET = "bucket"


def make_client(**options):
    config = Config(retries={"max_attempts": 1, "mode": "standard"}, **options)
    return boto3.client("s3", endpoint_url=os.environ["CAIRN_TEST_ENDPOINT"], config=config)


def content(seed, length):
    return hashlib.shake_256(seed.encode()).digest(length)


def write(name, data):
    with open(name, "wb") as file:
        file.write(data)


def read(name):
    with open(name, "rb") as file:
        return file.read()


def fails_with(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
    else:
        raise AssertionError(f"did not fail with {code}")


def transfers(s3):
    """The transfer manager: small and multipart, up, copied and down, with metadata and checksums."""
    transfer = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20, max_concurrency=4)
    for name, length in {"small": 4096, "threshold": 5 << 20, "large": (11 << 20) + 3}.items():
        for extra in ({}, {"ChecksumAlgorithm": "SHA256"}, {"ChecksumAlgorithm": "CRC32"}):
            key = f"transfers/{name} {extra.get('ChecksumAlgorithm', 'default')} é"
            data = content(key, length)
            write("up", data)
            described = {**extra, "Metadata": {"colour": "blue"}, "ContentType": "text/x-test"}
            s3.upload_file("up", BUCKET, key, ExtraArgs=described, Config=transfer)
            head = s3.head_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED")
            assert (head["ContentLength"], head["Metadata"]) == (length, {"colour": "blue"}), head
            assert "Checksum" + extra.get("ChecksumAlgorithm", "CRC32") in head, head
            s3.copy({"Bucket": BUCKET, "Key": key}, BUCKET, "copied", Config=transfer)
            for source in (key, "copied"):
                s3.download_file(BUCKET, source, "down", Config=transfer)
                assert read("down") == data, source
            with open("down", "wb") as file:
                s3.download_fileobj(BUCKET, key, file, Config=transfer)
            assert read("down") == data, key
    with open("up", "rb") as file:
        s3.upload_fileobj(file, BUCKET, "from a file", Config=transfer)
    assert s3.get_object(Bucket=BUCKET, Key="from a file")["Body"].read() == read("up")


def presigned(s3):
    """Presigned PUT, GET and listing; botocore signs them in the old form unless it is told otherwise."""
    data = content("presigned", 100_000)
    for client in (s3, make_client(signature_version="s3v4", s3={"addressing_style": "path"})):
        where = {"Bucket": BUCKET, "Key": "a b/ü+?&=%.txt"}
        url = client.generate_presigned_url("put_object", Params={**where, "ContentType": "text/x-test"}, ExpiresIn=60)
        request = urllib.request.Request(url, data=data, method="PUT", headers={"Content-Type": "text/x-test"})
        with urllib.request.urlopen(request) as response:
            assert response.status == 200
        shown = {**where, "ResponseContentDisposition": 'attachment; filename="x y"'}
        with urllib.request.urlopen(client.generate_presigned_url("get_object", Params=shown)) as response:
            assert response.read() == data
            assert response.headers["Content-Type"] == "text/x-test"
            assert response.headers["Content-Disposition"] == 'attachment; filename="x y"'
        url = client.generate_presigned_url("list_objects_v2", Params={"Bucket": BUCKET, "Prefix": "a b/"})
        with urllib.request.urlopen(url) as response:
            assert b"<KeyCount>1</KeyCount>" in response.read()
        client.delete_object(**where)


def pages(s3):
    """Paginators, with awkward keys, and their resource form."""
    keys = [f"pages/{name}" for name in ("a b", "a+b", "a%20b", "ä", "日本", "😀", "<&>", "x/1", "x/2", "y/1")]
    for key in keys:
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    in_order = sorted(keys, key=str.encode)
    for operation in ("list_objects_v2", "list_objects"):
        found = s3.get_paginator(operation).paginate(
            Bucket=BUCKET, Prefix="pages/", PaginationConfig={"PageSize": 3}
        )
        assert [each["Key"] for each in found.search("Contents[]")] == in_order, operation
        found = s3.get_paginator(operation).paginate(
            Bucket=BUCKET, Prefix="pages/", Delimiter="/", PaginationConfig={"PageSize": 1}
        )
        assert [each["Prefix"] for each in found.search("CommonPrefixes[]") if each] == ["pages/x/", "pages/y/"]
    versions = s3.get_paginator("list_object_versions").paginate(
        Bucket=BUCKET, Prefix="pages/", PaginationConfig={"PageSize": 2}
    )
    assert [each["Key"] for each in versions.search("Versions[]")] == in_order
    bucket = boto3.resource("s3", endpoint_url=os.environ["CAIRN_TEST_ENDPOINT"]).Bucket(BUCKET)
    assert [each.key for each in bucket.objects.filter(Prefix="pages/")] == in_order
    for each in bucket.objects.filter(Prefix="pages/"):
        assert each.get()["Body"].read() == each.key.encode()
    bucket.objects.filter(Prefix="pages/").delete()
    assert list(bucket.objects.filter(Prefix="pages/")) == []


def waiters(s3):
    """Waiters that see things come and go, and the error codes that they hang on."""
    quick = {"Delay": 1, "MaxAttempts": 2}
    s3.get_waiter("bucket_exists").wait(Bucket=BUCKET, WaiterConfig=quick)
    s3.get_waiter("bucket_not_exists").wait(Bucket="no-such-bucket", WaiterConfig=quick)
    s3.put_object(Bucket=BUCKET, Key="awaited", Body=b"")
    s3.get_waiter("object_exists").wait(Bucket=BUCKET, Key="awaited", WaiterConfig=quick)
    s3.delete_object(Bucket=BUCKET, Key="awaited")
    s3.get_waiter("object_not_exists").wait(Bucket=BUCKET, Key="awaited", WaiterConfig=quick)
    try:
        s3.get_waiter("object_exists").wait(Bucket=BUCKET, Key="awaited", WaiterConfig={"Delay": 1, "MaxAttempts": 1})
    except WaiterError:
        pass
    else:
        raise AssertionError("an object that is gone was seen")
    fails_with("NoSuchBucket", s3.list_objects_v2, Bucket="no-such-bucket")
    fails_with("NoSuchKey", s3.get_object, Bucket=BUCKET, Key="awaited")
    fails_with("404", s3.head_object, Bucket=BUCKET, Key="awaited")


def conditions(s3):
    """Ranges, conditional requests, versions and deleting many."""
    data = content("conditions", 200_000)
    where = {"Bucket": BUCKET, "Key": "conditional"}
    etag = s3.put_object(**where, Body=data, IfNoneMatch="*")["ETag"]
    fails_with("PreconditionFailed", s3.put_object, **where, Body=b"again", IfNoneMatch="*")
    fails_with("304", s3.get_object, **where, IfNoneMatch=etag)
    fails_with("PreconditionFailed", s3.get_object, **where, IfMatch='"no"')
    fails_with("InvalidRange", s3.get_object, **where, Range="bytes=200000-")
    assert s3.get_object(**where, Range="bytes=-10")["Body"].read() == data[-10:]
    assert s3.get_object(**where, Range="bytes=65530-65545")["Body"].read() == data[65530:65546]
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    second = s3.put_object(**where, Body=b"second", IfMatch=etag)
    assert s3.get_object(**where, VersionId="null")["Body"].read() == data
    assert s3.get_object(**where, VersionId=second["VersionId"])["Body"].read() == b"second"
    deleted = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "conditional"}, {"Key": "never was"}]})
    assert {each["Key"]: each["DeleteMarker"] for each in deleted["Deleted"]} == {"conditional": True, "never was": True}
    listed = s3.list_object_versions(Bucket=BUCKET)
    every = [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]
    assert len(every) == 4, every
    s3.delete_objects(Bucket=BUCKET, Delete={
        "Objects": [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in every], "Quiet": True
    })
    s3.delete_bucket(Bucket=BUCKET)
    fails_with("404", s3.head_bucket, Bucket=BUCKET)


scenarios = {each.__name__: each for each in (transfers, presigned, pages, waiters, conditions)}

client = make_client()
client.create_bucket(Bucket=BUCKET)
scenarios[sys.argv[1]](client)
print("done")
