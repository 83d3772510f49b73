package driver

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// process is one life of a driver.
type process struct {
	cmd   *exec.Cmd
	hello Hello
	said  *tail
	blame func(*Fault)
	grace time.Duration

	lines  chan []byte   // to its standard input
	quit   chan struct{} // closed when it is to get no more lines
	once   sync.Once     // closes quit
	reaped chan struct{} // closed when it has ended; how says how
	how    string
	hushed chan struct{} // closed when its standard error is read to its end
	dead   chan struct{} // closed when nothing of it is left to do

	mu       sync.Mutex
	waiting  map[string]chan outcome
	answered map[string]bool
	fault    *Fault // why it ended
}

// outcome is what becomes of a call.
type outcome struct {
	reply Reply
	fault *Fault
}

// launch starts a process and shakes hands with it.
func (c *child) launch(ctx context.Context) (*process, error) {
	p := &process{
		said: newTail(c.command.Redactor), blame: c.blame, grace: c.command.Grace,
		lines: make(chan []byte), quit: make(chan struct{}), reaped: make(chan struct{}), hushed: make(chan struct{}), dead: make(chan struct{}),
		waiting: map[string]chan outcome{}, answered: map[string]bool{},
	}
	io, err := p.start(c.command)
	if err != nil {
		return nil, fmt.Errorf("start driver %s: %w", c.command.Path, err)
	}
	said := make(chan error, 2) // read never waits for who has given up
	c.all.Go(func() { p.write(io.in) })
	c.all.Go(func() { p.listen(io.err) })
	c.all.Go(func() { p.reap(io) })
	c.all.Go(func() { p.read(io.out, said) })
	if err := p.greet(ctx, c.command.Handshake, said); err != nil {
		p.kill()
		<-p.dead
		return nil, err
	}
	return p, nil
}

// pipes are the harness's ends of a driver's input and outputs.
type pipes struct {
	in       io.WriteCloser
	out, err *os.File
}

// start starts the command. Its outputs are pipes of our own: those of exec
// cannot be left while something that the driver started holds them open.
func (p *process) start(o Command) (*pipes, error) {
	p.cmd = exec.Command(o.Path, o.Args...)
	p.cmd.Dir, p.cmd.Env = o.Dir, o.Env
	ownGroup(p.cmd)
	out, outEnd, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer outEnd.Close()
	said, saidEnd, err := os.Pipe()
	if err != nil {
		out.Close()
		return nil, err
	}
	defer saidEnd.Close()
	p.cmd.Stdout, p.cmd.Stderr = outEnd, saidEnd
	in, err := p.cmd.StdinPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		out.Close()
		said.Close()
		return nil, err
	}
	return &pipes{in: in, out: out, err: said}, nil
}

// greet says hello and waits for the answer.
func (p *process) greet(ctx context.Context, limit time.Duration, said chan error) error {
	t := time.NewTimer(limit)
	defer t.Stop()
	late := func() error {
		return &Fault{Kind: NoHello, Detail: fmt.Sprintf("did not say hello within %v%s", limit, p.says())}
	}
	select {
	case p.lines <- append(challenge, '\n'):
	case <-p.dead: // said tells why
	case <-t.C:
		return late()
	}
	select {
	case err := <-said:
		return err
	case <-t.C:
		return late()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// write passes lines on until there are to be no more, and closes the input.
func (p *process) write(in io.WriteCloser) {
	defer in.Close() // the driver may have gone
	for {
		select {
		case line := <-p.lines:
			if _, err := in.Write(line); err != nil {
				<-p.dead // which tells the calls
				return
			}
		case <-p.quit:
			return
		case <-p.dead:
			return
		}
	}
}

// listen keeps what the driver writes to standard error.
func (p *process) listen(said io.Reader) {
	defer close(p.hushed)
	_, _ = io.Copy(p.said, said) // its end, or that reap has closed it
}

// aftermath is how long what a driver leaves running may hold its outputs open.
const aftermath = 3 * time.Second

// reap waits for the process, ends what it has left running, and lets go of its
// outputs: a stranger that holds them does not hold us.
func (p *process) reap(io *pipes) {
	defer io.err.Close()
	defer io.out.Close()
	state, err := p.cmd.Process.Wait()
	if err == nil {
		p.how = " (" + state.String() + ")"
	}
	p.kill()
	close(p.reaped)
	t := time.NewTimer(aftermath)
	defer t.Stop()
	for _, done := range []chan struct{}{p.hushed, p.dead} {
		select {
		case <-done:
		case <-t.C:
			p.blame(&Fault{Kind: Lingers, Detail: "left something running that holds its outputs open"})
			return
		}
	}
}

// read takes lines until the output ends or cannot be trusted any more, and
// ends the calls that are left when the process has ended.
func (p *process) read(out io.Reader, said chan<- error) {
	r := bufio.NewReaderSize(out, 64<<10)
	rest, fault := p.handshake(r)
	greeted := p.hello.Protocol != 0
	if greeted {
		said <- nil
		rest, fault = p.replies(r)
	}
	if fault == nil && !p.endsItself() {
		fault = &Fault{Kind: Died, Detail: "closed its standard output and did not end" + p.says()}
	}
	if fault != nil {
		p.kill()
	}
	<-p.reaped
	if fault == nil {
		p.settle()
		fault = &Fault{Kind: Died, Detail: "ended" + p.how + rest + p.says()}
	}
	if !greeted {
		said <- &Fault{Kind: NoHello, Detail: "did not say hello: it " + fault.Detail}
	}
	p.bury(fault, greeted)
}

// silence is how long a driver may live without an output.
const silence = 2 * time.Second

// endsItself waits for a process whose output has ended, and says whether it
// ended too.
func (p *process) endsItself() bool {
	t := time.NewTimer(min(p.grace, silence))
	defer t.Stop()
	select {
	case <-p.reaped:
		return true
	case <-t.C:
		return false
	}
}

// settle waits for the last words of a process that has ended.
func (p *process) settle() {
	t := time.NewTimer(aftermath)
	defer t.Stop()
	select {
	case <-p.hushed:
	case <-t.C:
	}
}

// handshake reads the driver's hello. Without one, and without a fault, the
// output has ended, after what rest says.
func (p *process) handshake(r *bufio.Reader) (rest string, f *Fault) {
	line, rest, f := p.line(r)
	if line == nil {
		return rest, f
	}
	h, err := parseHello(line)
	if err != nil {
		return "", &Fault{Kind: NoHello, Detail: fmt.Sprintf("said %s: %v", excerpt(p.said.redact(line)), err)}
	}
	p.hello = h
	return "", nil
}

// replies reads answers until the output ends.
func (p *process) replies(r *bufio.Reader) (rest string, f *Fault) {
	for strange := 0; ; {
		line, rest, f := p.line(r)
		if line == nil {
			return rest, f
		}
		id, reply, err := parseReply(line)
		if err != nil {
			f := p.rubbish(line, err)
			f.Call = id
			return "", f
		}
		p.said.mark()
		if f := p.deliver(id, reply); f != nil {
			p.blame(f)
			strange++
		}
		if strange == maxStrange {
			return "", &Fault{Kind: Rubbish, Detail: fmt.Sprintf("answered what nobody asked %d times", strange)}
		}
	}
}

// maxStrange is how many replies to no call a driver may give.
const maxStrange = 100

// line reads one line. There is none where the output has ended, and rest says
// what of a line it ended with, or where it cannot be read.
func (p *process) line(r *bufio.Reader) (line []byte, rest string, f *Fault) {
	line, err := readLine(r)
	switch {
	case err == nil:
		return line, "", nil
	case errors.Is(err, errLong):
		return nil, "", p.rubbish(nil, err)
	case len(line) > 0:
		return nil, " behind the line without an end " + excerpt(p.said.redact(line)), nil
	}
	return nil, "", nil
}

func (p *process) rubbish(line []byte, err error) *Fault {
	if errors.Is(err, errLong) {
		return &Fault{Kind: Rubbish, Detail: fmt.Sprintf("printed a line of more than %d bytes", MaxLine)}
	}
	return &Fault{Kind: Rubbish, Detail: fmt.Sprintf("printed %s, no line of the protocol: %v", excerpt(p.said.redact(line)), err)}
}

// deliver hands a reply to the call that waits for it. One to no call is a
// fault.
func (p *process) deliver(id string, r Reply) *Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	to, known := p.waiting[id]
	switch {
	case known:
		delete(p.waiting, id)
		p.answered[id] = true
		if to != nil { // somebody still waits; there is room for one outcome
			to <- outcome{reply: r}
		}
		return nil
	case p.answered[id]:
		return &Fault{Kind: Twice, Call: id, Detail: "answered a call twice"}
	}
	return &Fault{Kind: UnknownID, Detail: "answered a call that nobody made, " + excerpt([]byte(id))}
}

// bury ends the calls that are left.
func (p *process) bury(f *Fault, greeted bool) {
	p.mu.Lock()
	p.fault = f
	left := p.waiting
	p.waiting = map[string]chan outcome{}
	p.mu.Unlock()
	for id, to := range left {
		company := len(left) - 1
		if id == f.Call { // it says itself what it is about
			company = 0
		}
		if to != nil {
			to <- outcome{fault: f.of(id, company)}
		}
	}
	if greeted && len(left) == 0 && !p.leaving() {
		p.blame(f)
	}
	close(p.dead)
}

// leaving says whether the process was asked to end.
func (p *process) leaving() bool {
	select {
	case <-p.quit:
		return true
	default:
		return false
	}
}

// alive says whether the process takes calls.
func (p *process) alive() bool {
	select {
	case <-p.dead:
		return false
	default:
		return true
	}
}

// call sends one call and waits for its reply.
func (p *process) call(ctx context.Context, c Call) (Reply, error) {
	line, err := encodeCall(c)
	if err != nil {
		return Reply{}, err
	}
	to, err := p.expect(c.ID)
	if err != nil {
		return Reply{}, err
	}
	select {
	case p.lines <- line:
	case <-p.quit:
		p.withdraw(c.ID)
		return Reply{}, errEnded
	case o := <-to:
		return o.result()
	case <-ctx.Done():
		p.abandon(c.ID)
		return Reply{}, context.Cause(ctx)
	}
	select {
	case o := <-to:
		return o.result()
	case <-ctx.Done():
		p.abandon(c.ID)
		return Reply{}, context.Cause(ctx)
	}
}

func (o outcome) result() (Reply, error) {
	if o.fault != nil {
		return Reply{}, o.fault
	}
	return o.reply, nil
}

// errEnded says that a process had ended, or was given up, before a call was
// sent to it.
var errEnded = errors.New("ended before the call")

// expect makes ready for the reply to a call.
func (p *process) expect(id string) (chan outcome, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fault != nil {
		return nil, errEnded
	}
	if _, ok := p.waiting[id]; ok || p.answered[id] {
		return nil, fmt.Errorf("call %s: the id was used before", id)
	}
	to := make(chan outcome, 1)
	p.waiting[id] = to
	return to, nil
}

// abandon gives up waiting: a reply that comes later is no fault.
func (p *process) abandon(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.waiting[id]; ok {
		p.waiting[id] = nil
	}
}

// withdraw forgets a call that was not sent.
func (p *process) withdraw(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.waiting, id)
}

// company is how many calls are without a reply besides one, those that were
// given up among them: any of them may be what the driver hangs in.
func (p *process) company(id string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.waiting)
	if _, there := p.waiting[id]; there {
		n--
	}
	return n
}

// end closes the driver's input and waits until it has ended. One that does
// not is killed, which is its fault.
func (p *process) end(grace time.Duration) *Fault {
	p.once.Do(func() { close(p.quit) })
	t := time.NewTimer(grace)
	defer t.Stop()
	select {
	case <-p.dead:
		return nil
	case <-t.C:
	}
	p.kill()
	<-p.dead
	return &Fault{Kind: Lingers, Detail: fmt.Sprintf("did not end within %v of the end of its input%s", grace, p.says())}
}

// kill ends the process and what it started.
func (p *process) kill() {
	_ = killGroup(p.cmd) // it may have ended by itself
}

// says is what the driver wrote to standard error behind its last reply.
func (p *process) says() string {
	if s := p.said.last(); s != "" {
		return "; on its standard error: " + strconv.Quote(strings.ToValidUTF8(s, ""))
	}
	return ""
}
