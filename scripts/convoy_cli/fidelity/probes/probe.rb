# The probes for Ruby: one call measures one thing and prints one line of JSON. probe.py says how
# it is called; Ruby has no switch interval to be set.

require "json"
require "socket"

WARM_UP_NS = 200_000_000

# Read without giving up the lock.
def now = Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond)

# Computes in threads until the block ends: bytecode, or calls that hold the lock.
def beside_spinners(count, call = nil)
  running = [true]
  threads = Array.new(count) do
    Thread.new do
      if call
        call.call while running[0]
      else
        n = 0
        n += 1 while running[0]
      end
    end
  end
  sleep 0.02 if count > 0 # until they compute
  yield
ensure
  running[0] = false
  threads.each(&:join)
end

# A call of about this length into code that holds the lock, and how long it took.
def make_call(length_ns)
  timed = lambda do |text|
    Array.new(5) do
      before = now
      text.count("b")
      now - before
    end.min
  end
  size = 1 << 16
  size *= 2 while timed.call("a" * size) * 8 < length_ns
  text = "a" * (size * length_ns / timed.call("a" * size))
  [-> { text.count("b") }, timed.call(text)]
end

def about(_)
  slice = ENV["RUBY_THREAD_TIMESLICE"]
  {implementation: RUBY_ENGINE, version: RUBY_VERSION, gil: RUBY_ENGINE == "ruby",
   free_threaded: false, executable: RbConfig.ruby, timeslice: slice}
end

def reacquire(asked)
  late = []
  wait_ns = asked["wait_ns"]
  wall_ns = 0
  beside_spinners(asked["spinners"]) do
    start = now
    last = start + asked["limit_ns"]
    while late.size < asked["count"] && now < last
      before = now
      sleep(wait_ns / 1e9)
      late << now - before - wait_ns
    end
    wall_ns = now - start
  end
  {lateness_ns: late, wall_ns: wall_ns}
end

def connect(asked)
  UDPSocket.new.tap { |talk| talk.connect("127.0.0.1", asked["port"]) }
end

def echo(asked)
  took = []
  message = "x" * asked["bytes"]
  talk = connect(asked)
  start = before = 0
  beside_spinners(asked["spinners"]) do
    start = before = now
    last = start + asked["limit_ns"]
    while before < last
      talk.send(message, 0)
      talk.recv(65_536)
      after = now
      took << after - before
      before = after
    end
  end
  {operation_ns: took, wall_ns: before - start}
end

def latency(asked)
  late = []
  talk = connect(asked)
  wall_ns = 0
  call, call_ns = make_call(asked["call_ns"]) if asked["call_ns"] > 0
  beside_spinners(asked["spinners"], call) do
    start = now
    last = start + asked["limit_ns"]
    while late.size < asked["count"] && now < last
      talk.send("x" * 64, 0)
      stamp = talk.recv(65_536)
      late << now - stamp.to_i
    end
    wall_ns = now - start
  end
  {lateness_ns: late, wall_ns: wall_ns, call_ns: call_ns || 0}
end

# The time that this many threads take for the block, from one start.
def together(workers, &body)
  gate = Queue.new
  threads = Array.new(workers) { Thread.new { gate.pop; body.call } }
  start = now
  workers.times { gate << true }
  threads.each(&:join)
  now - start
end

def count_down(count)
  count -= 1 while count > 0
end

# Threads run on these from now on. Ruby keeps ended ones for later; one that ends for good while
# taskset looks is missed.
def bind(cpus)
  words = ["taskset", "-apc", cpus.join(","), Process.pid.to_s]
  return if 5.times.any? { system(*words, out: File::NULL) }
  abort "probe.rb: cannot bind to CPU #{cpus.join(',')}"
end

def throughput(asked)
  done = 0
  start = now
  while now - start < WARM_UP_NS
    count_down(20_000)
    done += 20_000
  end
  whole = done * asked["limit_ns"] / (now - start)
  cpus = Array.new(asked["cpus"]) { |at| asked["cpu#{at}"] }
  kinds = cpus.map { |cpu| [1, [cpu]] }
  workers = 1
  kinds << [workers, cpus] while (workers *= 2) <= asked["workers"]
  rounds = []
  asked["cycles"].times do |cycle|
    kinds.each do |workers, where|
      bind(where)
      each = whole / workers + 1
      wall_ns = together(workers) { count_down(each) }
      rounds << {cycle: cycle, workers: workers, operations: each * workers, wall_ns: wall_ns}
    end
    kinds.reverse!
  end
  {rounds: rounds}
end

def one = 1

def race(asked)
  $shared = 0
  wanted = asked["count"]
  together(asked["workers"]) do
    if asked["call"] > 0
      wanted.times { $shared = $shared + one }
    else
      wanted.times { $shared += 1 }
    end
  end
  updates = wanted * asked["workers"]
  {updates: updates, lost: updates - $shared}
end

KNOWN = %w[about reacquire echo latency throughput race].freeze
name, *words = ARGV
abort "probe.rb: name one of #{KNOWN.join(', ')}" unless KNOWN.include?(name)
asked = words.to_h { |word| word.split("=", 2) }.transform_values { |value| Integer(value) }
puts JSON.generate(send(name, asked))
