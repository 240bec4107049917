// A broker that speaks Kafka's protocol and keeps its topics on disk, for tests: kafka-broker -port 9092 -dir data -topic events
package main

import (
	"flag"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/twmb/franz-go/pkg/kfake"
)

func main() {
	port := flag.Int("port", 9092, "port on 127.0.0.1")
	directory := flag.String("dir", "", "where topics are kept")
	topic := flag.String("topic", "events", "topic to make")
	flag.Parse()
	cluster, err := kfake.NewCluster(
		kfake.NumBrokers(1),
		kfake.Ports(*port),
		kfake.SeedTopics(3, *topic),
		kfake.DataDir(*directory),
		kfake.SyncWrites(),
	)
	if err != nil {
		log.Fatal(err)
	}
	defer cluster.Close()
	ending := make(chan os.Signal, 1)
	signal.Notify(ending, os.Interrupt, syscall.SIGTERM)
	<-ending
}
