#!/usr/bin/python
# Alters a table by livealter(1); see ../README, or, beside the playbook,
#     ansible-doc -M library livealter
"""An Ansible module for livealter."""

DOCUMENTATION = r'''
---
module: livealter
short_description: Change the schema of a live MySQL or MariaDB table
description:
  - Runs livealter on the managed host. It alters a table while applications
    read and write it.
  - Nothing is done if the table is already as the ALTER would make it.
  - In check mode it makes a dry run, which creates and alters an empty table
    and drops it again, and so finds what a real run would refuse.
version_added: "0.1.0"
author:
  - The livealter maintainers (@livealter)
options:
  database:
    description: The database of the table.
    type: str
    required: true
  table:
    description: The table.
    type: str
    required: true
  alter:
    description:
      - The changes, as they follow C(ALTER TABLE t).
      - An empty text rebuilds the table each time.
      - Needed with I(state=present), unless I(options) has C(to) or C(job).
    type: str
  state:
    description:
      - C(present) alters the table.
      - C(resumed) goes on with a migration of it that died, if there is one.
      - C(cleaned) removes such a migration, or completes it if the tables
        were swapped, and makes one final that could be reverted.
      - C(reverted) swaps back a table that was altered with the option
        C(reversible). If there is nothing to revert, it only warns.
    type: str
    choices: [present, resumed, cleaned, reverted]
    default: present
  on_unfinished:
    description:
      - What I(state=present) does about a migration of the table that died
        before.
      - C(fail) says what was found. C(resume) goes on with it if its ALTER is
        I(alter), and fails otherwise; one that died before it copied anything
        is removed and begun again. C(cleanup) removes it, or completes it if
        the tables were swapped, and begins again.
    type: str
    choices: [fail, resume, cleanup]
    default: fail
  idempotent:
    description: Do nothing if the table is already so (C(--idempotent)).
    type: bool
    default: true
  options:
    description:
      - Other options of livealter(1), by their long names without dashes,
        as in livealter.yaml(5). C(_) and C(-) are the same.
      - A value is a text, a number, a boolean, a list, or, for options that
        want C(NAME=VALUE), a mapping.
      - Neither C(password) nor C(replica_password) is allowed here, because
        Ansible shows this mapping. Use the options of the module.
    type: dict
    default: {}
  executable:
    description: The program, if it is not in C(PATH).
    type: path
    default: livealter
  login_host:
    description: The server.
    type: str
  login_port:
    description: Its TCP port.
    type: int
  login_unix_socket:
    description: Its socket.
    type: path
  login_user:
    description: Log in as this user.
    type: str
  login_password:
    description:
      - The password of this user. The program gets it by a pipe.
    type: str
  replica_password:
    description: The password for replicas, if it is another one.
    type: str
  config_file:
    description: Read only this my.cnf, groups C(client) and C(livealter).
    type: path
  ca_cert:
    description: Trust only servers whose certificate these authorities signed.
    type: path
    aliases: [ssl_ca]
  client_cert:
    description: The certificate of the client.
    type: path
    aliases: [ssl_cert]
  client_key:
    description: The key of that certificate.
    type: path
    aliases: [ssl_key]
  check_hostname:
    description:
      - Check that the certificate of the server is signed by a trusted
        authority and names the host.
    type: bool
attributes:
  check_mode:
    support: full
    description: Makes a dry run.
  diff_mode:
    support: full
    description: >-
      Shows SHOW CREATE TABLE before and after. A real run makes a dry run
      first for it.
notes:
  - The task ends when the table is altered, which may take hours. Use
    C(async), with C(poll=0) and M(ansible.builtin.async_status) if you like.
    C(livealter status) tells meanwhile how far it is.
  - When the controller disconnects (SIGHUP), the run goes on. When the module
    gets SIGINT or SIGTERM, or is killed because the time of C(async) is over,
    livealter gets SIGTERM, and does what the option C(on_interrupt) says.
'''

EXAMPLES = r'''
- name: Add a column
  livealter:
    database: app
    table: orders
    alter: ADD COLUMN channel VARCHAR(16)
    config_file: /etc/mysql/livealter.cnf

- name: Add an index with little load, for six hours at most
  livealter:
    database: app
    table: orders
    alter: ADD INDEX by_channel (channel)
    on_unfinished: resume
    options:
      threads: 1
      sleep: 0.01
      max_load:
        Threads_running: 20
      on_interrupt: keep
  async: 21600
  poll: 60
'''

RETURN = r'''
result:
  description: >-
    The last line of C(--output=json); see livealter-json(7). Its state, and
    its exit as rc, are members of their own as well.
  returned: when the program ran to its end
  type: dict
plan:
  description: The plan and the statements, for people.
  returned: in check mode
  type: str
unfinished:
  description: A migration of the table that died before, as status says.
  returned: if one was found
  type: dict
command:
  description: The program and its arguments, without passwords.
  returned: always
  type: list
  elements: str
code:
  description: The exit status of a failure; name is a word for it.
  returned: on failure
  type: int
message:
  description: What happened, to what.
  returned: on failure
  type: str
hint:
  description: What to do about it.
  returned: on failure
  type: str
retryable:
  description: The same task may succeed later, with nothing changed by hand.
  returned: on failure
  type: bool
'''

import ctypes
import json
import os
import re
import signal
import subprocess
import tempfile

from ansible.module_utils.basic import AnsibleModule

# What the options of the module are for the program.
LOGIN = {
    'login_host': 'host',
    'login_port': 'port',
    'login_unix_socket': 'socket',
    'login_user': 'user',
    'config_file': 'defaults-file',
    'ca_cert': 'ssl-ca',
    'client_cert': 'ssl-cert',
    'client_key': 'ssl-key',
}
SECRET = {
    'login_password': 'password',
    'replica_password': 'replica-password',
}
# What is not to be given in options: the module says it, or must not.
OWN = ('alter', 'ask-pass', 'database', 'dry-run', 'execute', 'help',
       'idempotent', 'output', 'password', 'print-config', 'quiet',
       'replica-password', 'resume', 'slave-password', 'table', 'version')
# These are not allowed in a file.
ARGUMENTS = ('config', 'job')
# Where the rest is read from: a pipe, which nobody else sees.
PIPE = '/dev/stdin'
DEAD = ('resumable', 'unfinished', 'swapped')

PR_SET_PDEATHSIG = 1


def one_value(value):
    """A value as livealter.yaml(5) wants it."""
    if isinstance(value, dict):
        return ['%s=%s' % (k, v) for k, v in value.items()]
    return value


def as_yaml(settings):
    """JSON is YAML, but for what YAML takes for no text."""
    text = json.dumps(settings, ensure_ascii=False)
    text = re.sub('[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]',
                  lambda m: '\\u%04x' % ord(m.group()), text)
    return text.encode('utf-8', 'surrogateescape')


def normal(name):
    """The name of an option: _ is -, and --no-x is of x."""
    name = str(name).lower().replace('_', '-')
    return name[3:] if name.startswith('no-') else name


def without_pipe(command):
    """A command that is suggested: whoever types it has no such pipe."""
    return command.replace(' --config=' + PIPE, '').replace(',' + PIPE, '')


class Run:
    """What one call of the program said."""

    def __init__(self):
        self.rc = None
        self.result = None
        self.other = None
        self.create = None
        self.texts = {'plan': [], 'answer': [], 'hint': []}
        self.stderr = ''

    def take(self, line):
        """One line of it."""
        try:
            event = json.loads(line.decode('utf-8', 'replace'))
        except ValueError:
            return
        if not isinstance(event, dict):
            return
        kind = event.get('type')
        if kind == 'result':
            self.result = event
        elif kind in self.texts:
            self.texts[kind].append(event.get('text', ''))
        elif kind is None:
            self.other = event
        if 'create_before' in event and 'create_after' in event:
            self.create = (event['create_before'], event['create_after'])

    def text(self, kind):
        """All texts of this type."""
        return '\n'.join(self.texts[kind])


class LiveAlter:
    """The program, and what the task wants of it."""

    def __init__(self, module):
        self.module = module
        self.p = module.params
        self.child = None
        self.out = {'changed': False, 'command': []}
        self.arguments, self.settings = self.options()

    def options(self):
        """What is said on the command line, and what in the pipe."""
        p = self.p
        arguments, settings = [], {}
        files = []
        for key, value in p['options'].items():
            name = normal(key)
            if name in OWN:
                self.module.fail_json(
                    msg='options: %s is said by an option of the module, '
                    'or not at all' % key)
            if value is None:
                self.module.fail_json(msg='options: %s has no value' % key)
            if name == 'config':
                files = value if isinstance(value, list) else [value]
            elif name in ARGUMENTS:
                arguments.append('--%s=%s' % (name, value))
            else:
                settings[str(key)] = one_value(value)
        for key, name in SECRET.items():
            if p[key] is not None:
                settings[name] = p[key]
        if settings:
            files = files + [PIPE]
        if files:
            arguments.append('--config=' + ','.join(
                str(f).replace(',', '\\,') for f in files))
        for key, name in LOGIN.items():
            if p[key] is not None:
                arguments.append('--%s=%s' % (name, p[key]))
        if p['check_hostname'] is not None:
            arguments.append('--ssl-verify' if p['check_hostname']
                             else '--no-ssl-verify')
        arguments.append('--database=' + p['database'])
        arguments.append('--table=' + p['table'])
        return arguments, settings

    # --- running it ---------------------------------------------------------

    def pass_on(self, number, frame):
        """It is to end by itself, as it does when it is asked to."""
        del number, frame
        if self.child is not None and self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)

    def start(self, command, errors):
        """In a session of its own: it is told what happens to us by us."""
        try:
            prctl = ctypes.CDLL(None).prctl
        except (OSError, AttributeError):
            prctl = None

        def before():
            # async kills us when its time is over.
            if prctl is not None:
                prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)

        try:
            return subprocess.Popen(
                [c.encode('utf-8', 'surrogateescape') for c in command],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                start_new_session=True, preexec_fn=before)
        except (OSError, ValueError) as e:
            self.fail('cannot run %s: %s' % (command[0], e))

    def run(self, *words):
        """Calls it, and returns what it said."""
        command = [self.p['executable']] + list(words) + self.arguments
        command.append('--output=json')
        self.out['command'] = command
        run = Run()
        with tempfile.TemporaryFile() as errors:
            self.child = self.start(command, errors)
            try:
                self.child.stdin.write(
                    as_yaml(self.settings) if self.settings else b'')
                self.child.stdin.close()
            except OSError:
                # It ended without a look at it, and says why.
                pass
            for line in self.child.stdout:
                run.take(line)
            run.rc = self.child.wait()
            errors.seek(0)
            run.stderr = errors.read(65536).decode('utf-8', 'replace')
        self.child = None
        return run

    # --- telling ------------------------------------------------------------

    def fail(self, message, **more):
        """The task fails."""
        fields = dict({'message': message, 'hint': None, 'code': None,
                       'name': None, 'retryable': False}, **more)
        if fields['hint']:
            fields['hint'] = without_pipe(fields['hint'])
            message += '\n' + fields['hint']
        fields.update(self.out)
        self.module.fail_json(msg=message, **fields)

    def must(self, run):
        """The result of a run that went well; else the task fails."""
        result = run.result
        if result is None:
            if run.rc is not None and run.rc < 0:
                self.fail('livealter was killed by signal %d' % -run.rc,
                          hint='on_unfinished says what the next run does '
                          'about what it left')
            self.fail('livealter ended with %s and said no result: %s' %
                      (run.rc, run.stderr.strip() or 'nothing'))
        self.out.update(result=result, rc=run.rc, state=result.get('state'))
        for text in result.get('warnings') or []:
            self.module.warn(text)
        error = result.get('error')
        if error is None and run.rc == 0:
            return result
        error = error or {}
        self.out['changed'] |= bool(result.get('changed'))
        if run.texts['answer']:
            self.out['answer'] = run.text('answer')
        self.fail(error.get('message') or 'livealter failed',
                  hint=error.get('hint') or run.text('hint'),
                  code=error.get('code', run.rc), name=error.get('name'),
                  retryable=bool(error.get('retryable')))
        return None

    def done(self, changed, message):
        """The task has done what it should."""
        self.out['changed'] |= changed
        self.module.exit_json(msg=message, **self.out)

    def found(self):
        """The migration of the table that is known, or None."""
        run = self.run('status')
        # If it cannot be asked, what follows cannot either, and says why.
        known = (run.other or {}).get('migrations') or []
        return known[0] if known else None

    def note_unfinished(self, found):
        """Whoever reads the result wants to know."""
        found['commands'] = [without_pipe(c)
                             for c in found.get('commands') or []]
        self.out['unfinished'] = found

    # --- states -------------------------------------------------------------

    def dry(self, *words):
        """A dry run, whose plan and difference are told."""
        run = self.run(*(words + ('--dry-run',)))
        result = self.must(run)
        if self.module.check_mode:
            self.out['plan'] = run.text('plan') or run.text('answer')
        if run.create is not None and not result.get('already_so'):
            self.out['diff'] = {
                'before': run.create[0] + '\n',
                'after': run.create[1] + '\n',
            }
        return result

    def words(self):
        """What the table is to become."""
        alter = self.p['alter']
        return [] if alter is None else ['--alter=' + alter]

    def alter(self):
        """The migration itself."""
        words = self.words()
        if self.p['idempotent']:
            words.append('--idempotent')
        if self.module.check_mode or self.module._diff:
            result = self.dry(*words)
            if result.get('already_so'):
                self.done(False, 'the table is already so')
            if self.module.check_mode:
                self.done(True, 'the table would be altered')
        result = self.must(self.run('--execute', *words))
        changed = bool(result.get('changed'))
        self.done(changed, 'the table was altered' if changed
                  else 'the table is already so')

    def resume_this(self, found):
        """Goes on with the one that was found, if it is of our ALTER."""
        words = ['--resume=' + found['id']] + self.words()
        if self.module.check_mode:
            self.dry(*words)
            self.done(True, 'the migration would be resumed')
        self.must(self.run('--execute', *words))
        self.done(True, 'the migration was resumed')

    def clean(self):
        """Removes it, or completes it."""
        words = ('cleanup', '--dry-run') if self.module.check_mode \
            else ('cleanup',)
        run = self.run(*words)
        self.must(run)
        self.out['changed'] = True
        if self.module.check_mode:
            self.out['plan'] = run.text('plan') or run.text('answer')

    def present(self):
        """state: present."""
        found = self.found()
        if found is None or found.get('life') not in DEAD:
            return self.alter()
        self.note_unfinished(found)
        how = self.p['on_unfinished']
        if how == 'fail':
            self.fail('a migration of the table died before: it is %s, '
                      'and its ALTER is: %s' % (found['life'],
                                                found.get('alter')),
                      hint='on_unfinished says what to do about it: resume, '
                      'or cleanup')
        if how == 'resume' and found['life'] != 'unfinished':
            return self.resume_this(found)
        self.clean()
        if self.module.check_mode:
            self.done(True, 'what was left would be removed, and the table '
                      'altered')
        return self.alter()

    def command_if(self, verb, lives, nothing, past):
        """A command that is about a migration that is there, if one is."""
        found = self.found()
        if found is None or found.get('life') not in lives:
            # Not there, not to be asked, or at work: the program knows.
            if found is None:
                self.must(self.run('cleanup', '--dry-run'))
            elif found.get('life') == 'running':
                self.must(self.run(verb, '--dry-run'))
            if verb == 'revert':
                self.module.warn(nothing)
            self.done(False, nothing)
        self.note_unfinished(found)
        if self.module.check_mode:
            self.dry(verb)
            self.done(True, 'it would be ' + past)
        self.must(self.run(verb))
        self.done(True, 'it was ' + past)

    def act(self):
        """Does what the state wants."""
        state = self.p['state']
        if state == 'present':
            self.present()
        elif state == 'resumed':
            self.command_if('resume', ('resumable', 'swapped'),
                            'there is nothing to resume', 'resumed')
        elif state == 'cleaned':
            self.command_if('cleanup', DEAD + ('revertible',),
                            'there is nothing to clean', 'cleaned')
        else:
            self.command_if('revert', ('revertible',),
                            'there is nothing to revert', 'reverted')


def main():
    """The module."""
    spec = {
        'database': {'type': 'str', 'required': True},
        'table': {'type': 'str', 'required': True},
        'alter': {'type': 'str'},
        'state': {'type': 'str', 'default': 'present', 'choices': [
            'present', 'resumed', 'cleaned', 'reverted']},
        'on_unfinished': {'type': 'str', 'default': 'fail', 'choices': [
            'fail', 'resume', 'cleanup']},
        'idempotent': {'type': 'bool', 'default': True},
        'options': {'type': 'dict', 'default': {}},
        'executable': {'type': 'path', 'default': 'livealter'},
        'login_host': {'type': 'str'},
        'login_port': {'type': 'int'},
        'login_unix_socket': {'type': 'path'},
        'login_user': {'type': 'str'},
        'login_password': {'type': 'str', 'no_log': True},
        'replica_password': {'type': 'str', 'no_log': True},
        'config_file': {'type': 'path'},
        'ca_cert': {'type': 'path', 'aliases': ['ssl_ca']},
        'client_cert': {'type': 'path', 'aliases': ['ssl_cert']},
        'client_key': {'type': 'path', 'aliases': ['ssl_key'],
                       'no_log': False},
        'check_hostname': {'type': 'bool'},
    }
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    names = [normal(k) for k in module.params['options']]
    if module.params['state'] == 'present' and \
            module.params['alter'] is None and \
            not {'to', 'job'} & set(names):
        module.fail_json(msg='state is present but alter is missing; an '
                         'empty text rebuilds the table')
    program = LiveAlter(module)
    # A controller that goes away does not end it.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, program.pass_on)
    signal.signal(signal.SIGTERM, program.pass_on)
    program.act()


if __name__ == '__main__':
    main()
