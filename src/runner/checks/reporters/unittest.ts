import { readLineReports } from './line-report.ts';
import { type Reporter } from './reporter.ts';

/**
 * Python imports a module of this name at its start. Only where unittest is what was started, not in what its
 * tests start, it makes the result class that every text runner uses write a report besides.
 */
const SOURCE = `import os
import sys


def _install():
    import json
    import re
    import unittest

    report = os.path.join(os.path.dirname(os.path.abspath(__file__)), '%d.ndjson' % os.getpid())
    base = unittest.TextTestResult
    loader = re.compile(r'unittest[/\\\\\\\\]loader\\.py$')

    def path_of_module(name):
        module = sys.modules.get(name)
        return getattr(module, '__file__', None) or ''

    def path_of_load_failure(name, text):
        ending = re.compile('(^|[/.])' + re.escape(name.rsplit('.', 1)[-1]) + r'(\\.py|/__init__\\.py)$')
        for path in re.findall(r'File "(.+?)", line', text):
            if not loader.search(path) and ending.search(path):
                return path
        for root in ['.'] + sys.path:
            path = os.path.join(root, *name.split('.'))
            for found in (path + '.py', os.path.join(path, '__init__.py')):
                if os.path.isfile(found):
                    return os.path.abspath(found)
        return name.replace('.', '/') + '.py'

    def place_of(test, text):
        owner = type(test)
        if owner.__module__ == 'unittest.loader':
            name = test.id().split('.', 3)[-1] if test.id().startswith('unittest.loader.') else test.id()
            path = path_of_load_failure(name, text)
            return path, path, True
        if owner.__module__ == 'unittest.suite':
            found = re.search(r'\\(([\\w.]+)\\)', test.id())
            name = found.group(1) if found else ''
            return path_of_module(name) or path_of_module(name.rpartition('.')[0]), test.id(), False
        path = path_of_module(owner.__module__)
        identity = test.id()
        prefix = owner.__module__ + '.'
        return path, identity[len(prefix):] if identity.startswith(prefix) else identity, False

    class Result(base):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self._ptc_outcomes = {}
            open(report, 'a').close()

        def _ptc_note(self, test, status, text=''):
            known = self._ptc_outcomes.get(id(test))
            if known is None or known[1] in ('passed', 'skipped'):
                self._ptc_outcomes[id(test)] = (test, status, text)

        def _ptc_write(self, outcome):
            test, status, text = outcome
            path, name, unloaded = place_of(test, text)
            if unloaded and status != 'skipped':
                status = 'error'
            line = {'file': path, 'name': name, 'status': status, 'message': text}
            with open(report, 'a') as out:
                out.write(json.dumps(line) + '\\n')

        def stopTest(self, test):
            super().stopTest(test)
            outcome = self._ptc_outcomes.pop(id(test), None)
            if outcome is not None:
                self._ptc_write(outcome)

        def addSuccess(self, test):
            super().addSuccess(test)
            self._ptc_note(test, 'passed')

        def addSkip(self, test, reason):
            super().addSkip(test, reason)
            self._ptc_note(test, 'skipped')
            self._ptc_alone(test)

        def addFailure(self, test, err):
            super().addFailure(test, err)
            self._ptc_note(test, 'failed', self.failures[-1][1])

        def addError(self, test, err):
            super().addError(test, err)
            raised = type(test).__module__.startswith('unittest.')
            self._ptc_note(test, 'error' if raised else 'failed', self.errors[-1][1])
            self._ptc_alone(test)

        def addSubTest(self, test, subtest, err):
            super().addSubTest(test, subtest, err)
            if err is not None:
                told = self.failures if issubclass(err[0], test.failureException) else self.errors
                self._ptc_note(test, 'failed', told[-1][1])

        def addExpectedFailure(self, test, err):
            super().addExpectedFailure(test, err)
            self._ptc_note(test, 'passed')

        def addUnexpectedSuccess(self, test):
            super().addUnexpectedSuccess(test)
            self._ptc_note(test, 'failed', 'The test was expected to fail and passed.')

        def _ptc_alone(self, test):
            # Set-up of a class or module is no test: nothing stops it.
            if type(test).__module__ == 'unittest.suite':
                self._ptc_write(self._ptc_outcomes.pop(id(test)))

    unittest.TextTestRunner.resultclass = Result


_words = getattr(sys, 'orig_argv', [])
if any(_words[index:index + 2] == ['-m', 'unittest'] for index in range(len(_words))):
    if os.environ.setdefault('PTC_UNITTEST_PID', str(os.getpid())) == str(os.getpid()):
        _install()
`;

/** Unittest writes no report of its own. */
export const unittest: Reporter = {
  request: (folder) => ({
    words: [],
    env: { PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' },
    files: { 'sitecustomize.py': SOURCE },
  }),
  // Where its tests lie, unittest is told in too many ways for files to be added to.
  only: () => [],
  read: readLineReports,
};
