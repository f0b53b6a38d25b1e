(* The probes for OCaml 4.x and 5.x: one call measures one thing and prints one line of JSON.
   probe.py says how it is called. Needs the libraries unix and threads.

   Every loop allocates: OCaml up to 4.13 looks for waiting threads there and nowhere else. *)

let now () = int_of_float (Unix.gettimeofday () *. 1e9)
let warm_up_ns = 200_000_000

(* Computes in threads while [body] runs: OCaml, or calls into C that hold the lock. *)
let beside_spinners count call body =
  let running = ref true in
  let spin () =
    match call with
    | Some call -> while !running do call () done
    | None ->
      let chain = ref [] in
      while !running do chain := Sys.opaque_identity [ 1 ] done;
      ignore (Sys.opaque_identity !chain) in
  let threads = List.init count (fun _ -> Thread.create spin ()) in
  if count > 0 then Thread.delay 0.02;
  let finish () = running := false; List.iter Thread.join threads in
  Fun.protect ~finally:finish body

(* A call of about this length into code that holds the lock, and how long it took. *)
let make_call length_ns =
  let timed bytes =
    let once _ =
      let before = now () in
      Bytes.fill bytes 0 (Bytes.length bytes) 'a';
      now () - before in
    List.fold_left min max_int (List.init 5 once) in
  let rec grow size =
    let took = max 1 (timed (Bytes.create size)) in
    if took * 8 < length_ns then grow (2 * size) else size * length_ns / took in
  let bytes = Bytes.create (grow 65_536) in
  (* The list is what lets others in between two calls. *)
  let call () =
    ignore (Sys.opaque_identity [ Sys.opaque_identity 1 ]);
    Bytes.fill bytes 0 (Bytes.length bytes) 'a' in
  (Some call, timed bytes)

let numbers values = "[" ^ String.concat "," (List.rev_map string_of_int values) ^ "]"

let code = match Sys.backend_type with
  | Sys.Native -> "native code"
  | Sys.Bytecode -> "bytecode"
  | Sys.Other name -> name

let about _ =
  Printf.printf
    "{\"implementation\": \"OCaml\", \"version\": %S, \"gil\": true, \"free_threaded\": false, \
     \"code\": %S}\n"
    Sys.ocaml_version code

let reacquire asked =
  let wait_ns = asked "wait_ns" and count = asked "count" in
  let late = ref [] and taken = ref 0 and wall_ns = ref 0 in
  beside_spinners (asked "spinners") None (fun () ->
    let start = now () in
    let last = start + asked "limit_ns" in
    while !taken < count && now () < last do
      let before = now () in
      Thread.delay (float_of_int wait_ns /. 1e9);
      late := (now () - before - wait_ns) :: !late;
      incr taken
    done;
    wall_ns := now () - start);
  Printf.printf "{\"lateness_ns\": %s, \"wall_ns\": %d}\n" (numbers !late) !wall_ns

let connect asked =
  let talk = Unix.socket Unix.PF_INET Unix.SOCK_DGRAM 0 in
  Unix.connect talk (Unix.ADDR_INET (Unix.inet_addr_loopback, asked "port"));
  talk

let exchange talk message room =
  ignore (Unix.send talk message 0 (Bytes.length message) []);
  Unix.recv talk room 0 (Bytes.length room) []

let echo asked =
  let talk = connect asked and message = Bytes.make (asked "bytes") 'x' in
  let room = Bytes.create 65_536 and took = ref [] in
  let start = ref 0 and before = ref 0 in
  beside_spinners (asked "spinners") None (fun () ->
    start := now ();
    before := !start;
    let last = !start + asked "limit_ns" in
    while !before < last do
      ignore (exchange talk message room);
      let after = now () in
      took := (after - !before) :: !took;
      before := after
    done);
  Printf.printf "{\"operation_ns\": %s, \"wall_ns\": %d}\n" (numbers !took) (!before - !start)

let latency asked =
  let talk = connect asked and message = Bytes.make 64 'x' and room = Bytes.create 65_536 in
  let call, call_ns = if asked "call_ns" > 0 then make_call (asked "call_ns") else (None, 0) in
  let late = ref [] and taken = ref 0 and count = asked "count" and wall_ns = ref 0 in
  beside_spinners (asked "spinners") call (fun () ->
    let start = now () in
    let last = start + asked "limit_ns" in
    while !taken < count && now () < last do
      let size = exchange talk message room in
      let received = now () in
      (* The stamp's second number is the time of day, which is the clock used here. *)
      let stamp = Scanf.sscanf (Bytes.sub_string room 0 size) "%d %d" (fun _ day -> day) in
      late := (received - stamp) :: !late;
      incr taken
    done;
    wall_ns := now () - start);
  Printf.printf "{\"lateness_ns\": %s, \"wall_ns\": %d, \"call_ns\": %d}\n" (numbers !late)
    !wall_ns call_ns

(* The time that this many threads take for [body], from one start. *)
let together body workers =
  let gate = Mutex.create () in
  Mutex.lock gate;
  let run () = Mutex.lock gate; Mutex.unlock gate; body () in
  let threads = List.init workers (fun _ -> Thread.create run ()) in
  let start = now () in
  Mutex.unlock gate;
  List.iter Thread.join threads;
  now () - start

let count_down count =
  let left = ref [ count ] in
  while List.hd !left > 0 do left := Sys.opaque_identity [ List.hd !left - 1 ] done

(* Threads started from now on run on these. *)
let bind cpus =
  let where = String.concat "," (List.map string_of_int cpus) in
  let words = Printf.sprintf "taskset -pc %s %d >/dev/null" where (Unix.getpid ()) in
  if Sys.command words <> 0 then begin
    prerr_endline ("probe.ml: cannot bind to CPU " ^ where);
    exit 1
  end

let throughput asked =
  let done_ = ref 0 and start = now () in
  while now () - start < warm_up_ns do count_down 20_000; done_ := !done_ + 20_000 done;
  let rate = float_of_int !done_ /. float_of_int (now () - start) in
  let whole = int_of_float (rate *. float_of_int (asked "limit_ns")) in
  let cpus = List.init (asked "cpus") (fun at -> asked (Printf.sprintf "cpu%d" at)) in
  let round cycle (workers, where) =
    bind where;
    let each = (whole / workers) + 1 in
    let wall_ns = together (fun () -> count_down each) workers in
    Printf.sprintf "{\"cycle\": %d, \"workers\": %d, \"operations\": %d, \"wall_ns\": %d}"
      cycle workers (each * workers) wall_ns in
  let rec doubled workers =
    if workers > asked "workers" then [] else (workers, cpus) :: doubled (2 * workers) in
  let rec rounds kinds cycle =
    if cycle = asked "cycles" then []
    else
      let these = List.map (round cycle) kinds in
      these @ rounds (List.rev kinds) (cycle + 1) in
  let kinds = List.map (fun cpu -> (1, [ cpu ])) cpus @ doubled 2 in
  Printf.printf "{\"rounds\": [%s]}\n" (String.concat ", " (rounds kinds 0))

let shared = ref 0
let[@inline never] one () = List.length (Sys.opaque_identity [ Sys.opaque_identity 1 ])

let race asked =
  let count = asked "count" in
  let add () = for _ = 1 to count do shared := Sys.opaque_identity !shared + 1 done in
  let add_by_call () =
    for _ = 1 to count do
      let before = !shared in
      let step = one () in
      shared := before + step
    done in
  let body = if asked "call" > 0 then add_by_call else add in
  ignore (together body (asked "workers"));
  let updates = count * asked "workers" in
  Printf.printf "{\"updates\": %d, \"lost\": %d}\n" updates (updates - !shared)

let () =
  let words = List.tl (Array.to_list Sys.argv) in
  let known =
    [ "about", about; "reacquire", reacquire; "echo", echo; "latency", latency;
      "throughput", throughput; "race", race ] in
  match words with
  | name :: settings when List.mem_assoc name known ->
    let parse word = Scanf.sscanf word "%[^=]=%d" (fun key value -> (key, value)) in
    let settings = List.map parse settings in
    List.assoc name known (fun key -> List.assoc key settings)
  | _ ->
    prerr_endline ("probe.ml: name one of " ^ String.concat ", " (List.map fst known));
    exit 2
