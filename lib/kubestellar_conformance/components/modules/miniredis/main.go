// A Redis server in memory, for Argo CD's cache: one address, one password, and keys that expire by the clock.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/alicebob/miniredis/v2"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:6379", "host and port to listen on")
	flag.Parse()
	password := os.Getenv("REDIS_PASSWORD")
	if password == "" {
		fail("REDIS_PASSWORD is not set")
	}
	redis := miniredis.NewMiniRedis()
	redis.RequireAuth(password)
	redis.ClockTTL(true)
	if err := redis.StartAddr(*listen); err != nil {
		fail(err)
	}
	fmt.Println("listening on", redis.Addr())
	select {}
}

func fail(reason any) {
	fmt.Fprintln(os.Stderr, reason)
	os.Exit(1)
}
