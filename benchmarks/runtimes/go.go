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
	wait, steps := time.Duration(s["wait"]), stepsOf(s["cpu"])
	return &crew{workers: s["workers"], work: func(_, operations int64) {
		for ; operations > 0; operations-- {
			compute(1, steps)
			if wait > 0 {
				time.Sleep(wait)
			}
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

// switch_pingpong: an operation is so many halves of exchanges, there and back, as in the workload.
const halves = 2 * 32

// A channel with room for one message wakes a worker.
func pingPong(s setting) job {
	if s["workers"]%2 != 0 {
		fail(fmt.Errorf("it needs pairs: use an even number of workers"))
	}
	var events []chan struct{}
	for range make([]struct{}, s["workers"]) {
		events = append(events, make(chan struct{}, 1))
	}
	// Of each pair, how many halves it has done in this operation.
	tokens := make([]int64, s["workers"]/2)
	return &crew{workers: s["workers"], work: func(worker, operations int64) {
		token, own, other := &tokens[worker/2], events[worker], events[worker^1]
		for ; operations > 0; operations-- {
			for half := int64(0); half < halves; half++ {
				if half%2 == worker%2 {
					*token = (half + 1) % halves
					other <- struct{}{}
					continue
				}
				<-own
				if *token != (half+1)%halves {
					fail(fmt.Errorf("wrong answer: the token came out of turn"))
				}
			}
		}
	}}
}

// What a part of skynet's tree added up, and how many nodes were started for it.
type sum struct{ sum, started int64 }

const children = 10

// A goroutine for each node, and a channel for its children's sums.
func node(first, leaves int64, answer chan<- sum) {
	if leaves == 1 {
		answer <- sum{first, 1}
		return
	}
	sums := make(chan sum, children)
	for child := int64(0); child < children; child++ {
		go node(first+child*(leaves/children), leaves/children, sums)
	}
	all := sum{0, 1}
	for child := 0; child < children; child++ {
		one := <-sums
		all.sum += one.sum
		all.started += one.started
	}
	answer <- all
}

func skynet(s setting) job {
	leaves := int64(1)
	for level := int64(0); level < s["depth"]; level++ {
		leaves *= children
	}
	expected := sum{leaves * (leaves - 1) / 2, (children*leaves - 1) / (children - 1)}
	return &crew{workers: s["workers"], work: func(_, operations int64) {
		for ; operations > 0; operations-- {
			answer := make(chan sum, 1)
			node(0, leaves, answer)
			if got := <-answer; got != expected {
				fail(fmt.Errorf("wrong answer: the tree's sum and nodes are %v, not %v", got, expected))
			}
		}
	}}
}

// Computes for so many steps, as the workloads do.
//
//go:noinline
func compute(state uint64, steps int64) uint64 {
	for ; steps > 0; steps-- {
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
	}
	return state
}

// How many steps take so long: of many attempts the fastest, which nobody disturbed.
func stepsOf(ns int64) int64 {
	const steps = 4000
	best := int64(time.Second)
	for attempt := 0; attempt < 200; attempt++ {
		before := time.Now()
		compute(1, steps)
		if took := int64(time.Since(before)); took < best {
			best = took
		}
	}
	return steps * ns / best
}

// What a task makes of its number: another for each.
func markOf(number int64) uint64 { return (uint64(number) + 1) * 0x9E3779B97F4A7C15 }

type task struct {
	number int64
	result chan uint64
}

// Goroutines that serve, and a channel in front of them.
type pool struct {
	workers, all, atOnce int64
	tasks                chan task
	results              []chan uint64 // a task's place is free again once its result was taken
}

func newPool(s setting) job {
	servers := s["workers"] - 1
	if servers < 1 {
		servers = 1
	}
	p := &pool{workers: s["workers"], atOnce: servers + s["ahead"]}
	p.tasks = make(chan task, p.atOnce)
	for place := int64(0); place < p.atOnce; place++ {
		p.results = append(p.results, make(chan uint64, 1))
	}
	steps := stepsOf(s["task"])
	for server := int64(0); server < servers; server++ {
		go func() {
			for each := range p.tasks {
				if compute(2*uint64(each.number)+1, steps) == 0 {
					fail(fmt.Errorf("a xorshift came to 0"))
				}
				each.result <- markOf(each.number)
			}
		}()
	}
	return p
}

func (p *pool) prepare(operations int64) { p.all = operations * p.workers }

func (p *pool) run() int64 {
	given, taken := int64(0), int64(0)
	for taken < p.all {
		if given < p.all && given-taken < p.atOnce {
			p.tasks <- task{given, p.results[given%p.atOnce]}
			given++
			continue
		}
		if <-p.results[taken%p.atOnce] != markOf(taken) {
			fail(fmt.Errorf("wrong answer: a task's result is that of another, or none"))
		}
		taken++
	}
	return taken
}

type offer struct {
	workload, heeds string
	begin           func(setting) job
}

func main() {
	offers := []offer{
		{"fanout_sleep", "wait", sleep},
		{"mixed", "cpu wait", sleep},
		{"server_echo", "bytes rate arrivals", echo},
		{"switch_pingpong", "", pingPong},
		{"skynet", "depth", skynet},
		{"pool_submit", "task ahead", newPool},
	}
	if len(os.Args) > 1 && os.Args[1] == "describe" {
		fmt.Println("version", strings.Replace(runtime.Version(), "go", "Go ", 1))
		fmt.Println("about Goroutines of Go, on one CPU")
		for _, each := range offers {
			fmt.Println(strings.TrimSpace("workload " + each.workload + " " + each.heeds))
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
