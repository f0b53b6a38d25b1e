// Goroutines of Go, on one CPU.
package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

type setting map[string]int64

// A job readies a round in which each worker does so many operations, and does it.
type job interface {
	prepare(operations int64)
	run() int64
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// The clients' connections, one for each worker.
func (s setting) clients() []net.Conn {
	listener, err := net.FileListener(os.NewFile(uintptr(s["listener"]), "listener"))
	if err != nil {
		fail(err)
	}
	var all []net.Conn
	for int64(len(all)) < s["workers"] {
		client, err := listener.Accept()
		if err != nil {
			fail(err)
		}
		all = append(all, client)
	}
	return all
}

// Goroutines that wait at a gate until their round begins.
type crew struct {
	workers, operations int64
	gate                chan struct{}
	ended               sync.WaitGroup
	work                func(worker, operations int64)
}

func (c *crew) prepare(operations int64) {
	c.operations = operations
	c.gate = make(chan struct{})
	for worker := int64(0); worker < c.workers; worker++ {
		c.ended.Add(1)
		go func(worker int64) {
			defer c.ended.Done()
			<-c.gate
			c.work(worker, operations)
		}(worker)
	}
}

func (c *crew) run() int64 {
	close(c.gate)
	c.ended.Wait()
	return c.operations * c.workers
}

func sleep(s setting) job {
	wait := time.Duration(s["wait"])
	return &crew{workers: s["workers"], work: func(_, operations int64) {
		for ; operations > 0; operations-- {
			time.Sleep(wait)
		}
	}}
}

func echo(s setting) job {
	clients := s.clients()
	return &crew{workers: s["workers"], work: func(worker, operations int64) {
		client, message := clients[worker], make([]byte, s["bytes"])
		for ; operations > 0; operations-- {
			for got := 0; got < len(message); {
				size, err := client.Read(message[got:])
				if err != nil {
					fail(err)
				}
				got += size
			}
			if _, err := client.Write(message); err != nil {
				fail(err)
			}
		}
	}}
}

type offer struct {
	workload, heeds string
	begin           func(setting) job
}

func main() {
	offers := []offer{{"fanout_sleep", "wait", sleep}, {"server_echo", "bytes rate arrivals", echo}}
	if len(os.Args) > 1 && os.Args[1] == "describe" {
		fmt.Println("version", strings.Replace(runtime.Version(), "go", "Go ", 1))
		fmt.Println("about Goroutines of Go, on one CPU")
		for _, each := range offers {
			fmt.Println("workload", each.workload, each.heeds)
		}
		return
	}
	if len(os.Args) < 3 || os.Args[1] != "run" {
		fail(fmt.Errorf("usage: %s describe | run WORKLOAD name=value...", os.Args[0]))
	}
	// As many as there are CPUs to run on would be the same, but for the machine's other ones.
	runtime.GOMAXPROCS(1)
	values := setting{}
	for _, word := range os.Args[3:] {
		name, text, _ := strings.Cut(word, "=")
		values[name], _ = strconv.ParseInt(text, 10, 64)
	}
	for _, each := range offers {
		if each.workload == os.Args[2] {
			serve(each.begin(values))
			return
		}
	}
	fail(fmt.Errorf("it cannot do %s", os.Args[2]))
}

func serve(work job) {
	orders := bufio.NewScanner(os.Stdin)
	fmt.Println("made")
	for orders.Scan() {
		operations, _ := strconv.ParseInt(strings.TrimPrefix(orders.Text(), "round "), 10, 64)
		work.prepare(operations)
		fmt.Println("ready")
		if !orders.Scan() {
			return
		}
		fmt.Println("done", work.run())
	}
}
