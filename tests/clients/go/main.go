// minio-go-client takes a tree of files to a server with minio-go and brings it back:
//
//	minio-go-client <endpoint> <directory to read> <directory to write>
//
// Credentials are read from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

const bucket = "bucket"

func main() {
	log.SetFlags(0)
	endpoint, err := url.Parse(os.Args[1])
	must(err)
	client, err := minio.New(endpoint.Host, &minio.Options{
		Creds:           credentials.NewEnvAWS(),
		Secure:          endpoint.Scheme == "https",
		BucketLookup:    minio.BucketLookupPath,
		MaxRetries:      1,
		TrailingHeaders: true,
	})
	must(err)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()

	must(client.MakeBucket(ctx, bucket, minio.MakeBucketOptions{}))
	there(client.BucketExists(ctx, bucket))
	upload(ctx, client, os.Args[2])
	download(ctx, client, os.Args[3])
	stream(ctx, client)
	conditions(ctx, client)
	presigned(ctx, client)
	versions(ctx, client)
	fmt.Println("done")
}

// upload puts every file below the directory, in parts of 5 MiB where it is larger than that.
func upload(ctx context.Context, client *minio.Client, directory string) {
	must(filepath.WalkDir(directory, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(directory, path)
		must(err)
		info, err := client.FPutObject(ctx, bucket, name, path, minio.PutObjectOptions{
			PartSize:     5 << 20,
			ContentType:  "text/x-test",
			UserMetadata: map[string]string{"Colour": "blue"},
		})
		if err != nil {
			return fmt.Errorf("put %s: %w", name, err)
		}
		stat, err := client.StatObject(ctx, bucket, name, minio.StatObjectOptions{Checksum: true})
		must(err)
		check(stat.ETag == info.ETag, "%s: ETag %s, then %s", name, info.ETag, stat.ETag)
		check(stat.ContentType == "text/x-test", "%s: content type %s", name, stat.ContentType)
		check(stat.UserMetadata["Colour"] == "blue", "%s: metadata %v", name, stat.UserMetadata)
		return nil
	}))
}

// download lists the bucket, copies each object on the server, and writes the copies below the directory.
func download(ctx context.Context, client *minio.Client, directory string) {
	for object := range client.ListObjects(ctx, bucket, minio.ListObjectsOptions{Recursive: true, MaxKeys: 2}) {
		must(object.Err)
		source := minio.CopySrcOptions{Bucket: bucket, Object: object.Key}
		_, err := client.CopyObject(ctx, minio.CopyDestOptions{Bucket: bucket, Object: "copy"}, source)
		must(err)
		must(client.FGetObject(ctx, bucket, "copy", filepath.Join(directory, object.Key), minio.GetObjectOptions{}))
		must(client.RemoveObject(ctx, bucket, "copy", minio.RemoveObjectOptions{}))
	}
}

// stream puts bytes of unknown length, composes an object of two, and reads across the seam.
func stream(ctx context.Context, client *minio.Client) {
	data := bytes.Repeat([]byte("0123456789abcdef"), (6<<20)/16)
	for _, name := range []string{"streamed/1", "streamed/2"} {
		_, err := client.PutObject(ctx, bucket, name, bytes.NewReader(data), -1, minio.PutObjectOptions{
			PartSize: 5 << 20,
			Checksum: minio.ChecksumSHA256,
		})
		must(err)
	}
	_, err := client.ComposeObject(ctx, minio.CopyDestOptions{Bucket: bucket, Object: "composed"},
		minio.CopySrcOptions{Bucket: bucket, Object: "streamed/1"},
		minio.CopySrcOptions{Bucket: bucket, Object: "streamed/2", MatchRange: true, Start: 3, End: 12})
	must(err)
	expected := append(append([]byte{}, data...), data[3:13]...)
	object, err := client.GetObject(ctx, bucket, "composed", minio.GetObjectOptions{})
	must(err)
	got, err := io.ReadAll(object)
	must(err)
	check(bytes.Equal(got, expected), "composed: %d bytes that differ", len(got))
	tail := make([]byte, 20)
	_, err = object.ReadAt(tail, int64(len(expected)-20))
	check(err == nil || err == io.EOF, "reading the end: %v", err)
	check(bytes.Equal(tail, expected[len(expected)-20:]), "the end is %q", tail)
}

// conditions writes an object only where there is none, and only where it is unchanged.
func conditions(ctx context.Context, client *minio.Client) {
	put := func(data string, condition func(*minio.PutObjectOptions)) (minio.UploadInfo, error) {
		options := minio.PutObjectOptions{}
		condition(&options)
		return client.PutObject(ctx, bucket, "conditional", bytes.NewReader([]byte(data)), int64(len(data)), options)
	}
	created, err := put("first", func(options *minio.PutObjectOptions) { options.SetMatchETagExcept("*") })
	must(err)
	_, err = put("second", func(options *minio.PutObjectOptions) { options.SetMatchETagExcept("*") })
	check(minio.ToErrorResponse(err).Code == minio.PreconditionFailed, "put where one is: %v", err)
	_, err = put("third", func(options *minio.PutObjectOptions) { options.SetMatchETag(created.ETag) })
	must(err)
}

// presigned puts and gets by URLs alone.
func presigned(ctx context.Context, client *minio.Client) {
	name := "presigned/a b+ü"
	to, err := client.PresignedPutObject(ctx, bucket, name, time.Minute)
	must(err)
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, to.String(), bytes.NewReader([]byte("by URL")))
	must(err)
	answer, err := http.DefaultClient.Do(request)
	must(err)
	check(answer.StatusCode == http.StatusOK, "presigned put: %s", answer.Status)
	from, err := client.PresignedGetObject(ctx, bucket, name, time.Minute, url.Values{
		"response-content-type": {"text/x-shown"},
	})
	must(err)
	answer, err = http.Get(from.String())
	must(err)
	got, err := io.ReadAll(answer.Body)
	must(err)
	check(string(got) == "by URL", "presigned get: %s %q", answer.Status, got)
	check(answer.Header.Get("Content-Type") == "text/x-shown", "presigned get: %v", answer.Header)
}

// versions empties the bucket of every version and removes it.
func versions(ctx context.Context, client *minio.Client) {
	must(client.EnableVersioning(ctx, bucket))
	must(client.RemoveObject(ctx, bucket, "composed", minio.RemoveObjectOptions{}))
	markers := 0
	doomed := make(chan minio.ObjectInfo)
	go func() {
		defer close(doomed)
		options := minio.ListObjectsOptions{Recursive: true, WithVersions: true, MaxKeys: 3}
		for object := range client.ListObjects(ctx, bucket, options) {
			must(object.Err)
			if object.IsDeleteMarker {
				markers++
			}
			doomed <- object
		}
	}()
	for failure := range client.RemoveObjects(ctx, bucket, doomed, minio.RemoveObjectsOptions{}) {
		log.Fatalf("remove %s: %v", failure.ObjectName, failure.Err)
	}
	check(markers == 1, "%d delete markers", markers)
	must(client.RemoveBucket(ctx, bucket))
	exists, err := client.BucketExists(ctx, bucket)
	must(err)
	check(!exists, "the removed bucket is there")
}

func there(exists bool, err error) {
	must(err)
	check(exists, "the bucket is not there")
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func check(holds bool, format string, arguments ...any) {
	if !holds {
		log.Fatalf(format, arguments...)
	}
}
