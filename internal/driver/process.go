package driver

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"time"
)

// process is one life of a driver.
type process struct {
	cmd   *exec.Cmd
	hello Hello
	said  *tail
	blame func(*Fault)

	lines chan []byte   // to its standard input
	quit  chan struct{} // closed when it is to get no more lines
	once  sync.Once     // closes quit
	dead  chan struct{} // closed when it has ended and is reaped

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
		said: newTail(c.command.Redactor), blame: c.blame,
		lines: make(chan []byte), quit: make(chan struct{}), dead: make(chan struct{}),
		waiting: map[string]chan outcome{}, answered: map[string]bool{},
	}
	in, out, err := p.start(c.command)
	if err != nil {
		return nil, fmt.Errorf("start driver %s: %w", c.command.Path, err)
	}
	said := make(chan error, 2) // read never waits for who has given up
	c.all.Go(func() { p.write(in) })
	c.all.Go(func() { p.read(out, said) })
	if err := p.greet(ctx, c.command.Handshake, said); err != nil {
		p.kill()
		<-p.dead
		return nil, err
	}
	return p, nil
}

func (p *process) start(o Command) (io.WriteCloser, io.Reader, error) {
	p.cmd = exec.Command(o.Path, o.Args...)
	p.cmd.Dir, p.cmd.Env, p.cmd.Stderr, p.cmd.WaitDelay = o.Dir, o.Env, p.said, o.Grace
	ownGroup(p.cmd)
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	return in, out, p.cmd.Start()
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

// read takes lines until the output ends or cannot be trusted any more, then
// reaps the process and ends the calls that are left.
func (p *process) read(out io.Reader, said chan<- error) {
	r := bufio.NewReaderSize(out, 64<<10)
	fault := p.handshake(r)
	greeted := p.hello.Protocol != 0
	if greeted {
		said <- nil
		fault = p.replies(r)
	}
	if fault != nil {
		p.kill()
	}
	_, _ = io.Copy(io.Discard, out) // it is of no use any more
	err := p.cmd.Wait()
	if fault == nil {
		fault = &Fault{Kind: Died, Detail: "ended" + how(err) + p.says()}
	}
	if !greeted {
		said <- &Fault{Kind: NoHello, Detail: "did not say hello: it " + fault.Detail}
	}
	p.bury(fault, greeted)
}

// handshake reads the driver's hello. Without one, and without a fault, the
// output has ended.
func (p *process) handshake(r *bufio.Reader) *Fault {
	line, err := readLine(r)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return p.rubbish(line, err)
	}
	h, err := parseHello(line)
	if err != nil {
		return &Fault{Kind: NoHello, Detail: fmt.Sprintf("said %s: %v", excerpt(p.said.redact(line)), err)}
	}
	p.hello = h
	return nil
}

// replies reads answers until the output ends.
func (p *process) replies(r *bufio.Reader) *Fault {
	for {
		line, err := readLine(r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return p.rubbish(line, err)
		}
		id, reply, err := parseReply(line)
		if err != nil {
			f := p.rubbish(line, err)
			f.Call = id
			return f
		}
		p.deliver(id, reply)
	}
}

func (p *process) rubbish(line []byte, err error) *Fault {
	if errors.Is(err, errLong) {
		return &Fault{Kind: Rubbish, Detail: fmt.Sprintf("printed a line of more than %d bytes", MaxLine)}
	}
	return &Fault{Kind: Rubbish, Detail: fmt.Sprintf("printed %s, no line of the protocol: %v", excerpt(p.said.redact(line)), err)}
}

// deliver hands a reply to the call that waits for it.
func (p *process) deliver(id string, r Reply) {
	p.mu.Lock()
	to, known := p.waiting[id]
	twice := p.answered[id]
	delete(p.waiting, id)
	p.answered[id] = true
	p.mu.Unlock()
	switch {
	case known && to != nil:
		to <- outcome{reply: r}
	case known: // nobody waits for it any more
	case twice:
		p.blame(&Fault{Kind: Twice, Call: id, Detail: "answered a call twice"})
	default:
		p.blame(&Fault{Kind: UnknownID, Detail: "answered a call that nobody made, " + excerpt([]byte(id))})
	}
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
		if id == f.Call {
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

// errEnded says that a process had ended before a call was sent to it.
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

// says is the end of what the driver wrote to standard error.
func (p *process) says() string {
	if s := p.said.last(); s != "" {
		return "; its standard error ends with " + excerpt([]byte(s))
	}
	return ""
}

// how says how a process ended.
func how(err error) string {
	if err == nil {
		return " (exit status 0)"
	}
	return " (" + err.Error() + ")"
}
