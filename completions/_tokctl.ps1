
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'tokctl' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'tokctl'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'tokctl' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Issue a token and print its secret, this once')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Tell whether a secret is a good token''s, by exit code')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Give a token a new secret, with the same owner, name and scopes')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List tokens: the active ones, unless told otherwise')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show all that is known of a token')
            [CompletionResult]::new('log', 'log', [CompletionResultType]::ParameterValue, 'Show who did what, and which verifications failed')
            [CompletionResult]::new('stats', 'stats', [CompletionResultType]::ParameterValue, 'Show the estate at a glance')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Reject tokens from now on')
            [CompletionResult]::new('revoke-all', 'revoke-all', [CompletionResultType]::ParameterValue, 'Reject all tokens of a user, or of everyone')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Delete tokens that ended long ago')
            [CompletionResult]::new('user', 'user', [CompletionResultType]::ParameterValue, 'Add, list, show, change, ban and remove users')
            [CompletionResult]::new('settings', 'settings', [CompletionResultType]::ParameterValue, 'Read and change the settings that all users of the database share')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Bring users and tokens over from another system')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write users and tokens as JSON Lines, without secrets')
            [CompletionResult]::new('backup', 'backup', [CompletionResultType]::ParameterValue, 'Write a consistent copy of the database while others use it')
            [CompletionResult]::new('restore', 'restore', [CompletionResultType]::ParameterValue, 'Put a backup in the place of the database')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Find what is wrong, and the commands that mend it')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print what makes a shell complete commands, token ids and users')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print the manual of tokctl, or write all its pages to a folder')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'tokctl;create' {
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'What the token is for')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'What the token may do; repeats and takes commas; without any, everything')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'The owner; without it, the setting default-user')
            [CompletionResult]::new('--expires', '--expires', [CompletionResultType]::ParameterName, 'When it ends: a duration (30d, 12h, 1y of 365 days), a date (00:00 UTC), an RFC 3339 instant, or never')
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'Write the secret to a new file that only this account may read')
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'Issue so many')
            [CompletionResult]::new('--from', '--from', [CompletionResultType]::ParameterName, 'Issue one for each line of a JSON Lines file (name, user, scopes, expires), all or none; - is standard input')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--no-scopes', '--no-scopes', [CompletionResultType]::ParameterName, 'Grant nothing')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;verify' {
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'What the token must be good for; repeats and takes commas, and all are required')
            [CompletionResult]::new('--source', '--source', [CompletionResultType]::ParameterName, 'Where the request came from, for the log: an IP address, say')
            [CompletionResult]::new('--agent', '--agent', [CompletionResultType]::ParameterName, 'What the client calls itself, for the log')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--any-scope', '--any-scope', [CompletionResultType]::ParameterName, 'One of the scopes is enough')
            [CompletionResult]::new('--batch', '--batch', [CompletionResultType]::ParameterName, 'Read one secret a line from standard input (-) and answer each with a line of JSON')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (-h prints less), and exit with 2: what a client sends must never look like success')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'h')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'V')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'version')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            break
        }
        'tokctl;rotate' {
            [CompletionResult]::new('--hash', '--hash', [CompletionResultType]::ParameterName, 'The SHA-256 of its secret, in hexadecimal')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Its exact name')
            [CompletionResult]::new('--overlap', '--overlap', [CompletionResultType]::ParameterName, 'How long the old secret stays good')
            [CompletionResult]::new('--expires', '--expires', [CompletionResultType]::ParameterName, 'When the new token ends: a duration, a date (00:00 UTC), an RFC 3339 instant, or never')
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'Write the secret to a new file that only this account may read')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;list' {
            [CompletionResult]::new('--status', '--status', [CompletionResultType]::ParameterName, 'Those with this status')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Those of this user')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Those that grant this scope')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Those whose name fits, where * stands for anything')
            [CompletionResult]::new('--expiring-within', '--expiring-within', [CompletionResultType]::ParameterName, 'Those that expire within so long')
            [CompletionResult]::new('--unused-for', '--unused-for', [CompletionResultType]::ParameterName, 'Those not used for so long; one never used counts from its creation')
            [CompletionResult]::new('--sort', '--sort', [CompletionResultType]::ParameterName, 'What to sort by')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'At most so many')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'Whatever their status')
            [CompletionResult]::new('--reverse', '--reverse', [CompletionResultType]::ParameterName, 'The last first')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;show' {
            [CompletionResult]::new('--hash', '--hash', [CompletionResultType]::ParameterName, 'The SHA-256 of its secret, in hexadecimal')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Its exact name')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;log' {
            [CompletionResult]::new('--kind', '--kind', [CompletionResultType]::ParameterName, 'Verifications or administrative changes alone')
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'What concerns this user')
            [CompletionResult]::new('--token', '--token', [CompletionResultType]::ParameterName, 'What concerns the token with this id')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'What is not older: a duration, a date (00:00 UTC) or an RFC 3339 instant')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'The newest so many')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--failures', '--failures', [CompletionResultType]::ParameterName, 'Verifications that were not good')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Keep printing what comes')
            [CompletionResult]::new('--follow', '--follow', [CompletionResultType]::ParameterName, 'Keep printing what comes')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;stats' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;revoke' {
            [CompletionResult]::new('--hash', '--hash', [CompletionResultType]::ParameterName, 'The SHA-256 of its secret, in hexadecimal')
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Its exact name')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why, for the record')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--delete', '--delete', [CompletionResultType]::ParameterName, 'Remove the records at once')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;revoke-all' {
            [CompletionResult]::new('--user', '--user', [CompletionResultType]::ParameterName, 'Those of this user')
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'Only those that grant this scope')
            [CompletionResult]::new('--unused-for', '--unused-for', [CompletionResultType]::ParameterName, 'Only those not used for so long; one never used counts from its creation')
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why, for the record')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--everyone', '--everyone', [CompletionResultType]::ParameterName, 'Those of all users')
            [CompletionResult]::new('--delete', '--delete', [CompletionResultType]::ParameterName, 'Remove the records at once')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only say how many')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;prune' {
            [CompletionResult]::new('--grace', '--grace', [CompletionResultType]::ParameterName, 'How long tokens stay after their end')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only say how many')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;user' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a user')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the users')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one user')
            [CompletionResult]::new('edit', 'edit', [CompletionResultType]::ParameterValue, 'Change a user')
            [CompletionResult]::new('ban', 'ban', [CompletionResultType]::ParameterValue, 'Reject a user''s tokens while the ban stands')
            [CompletionResult]::new('unban', 'unban', [CompletionResultType]::ParameterValue, 'Lift a ban')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove a user and all their tokens')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'tokctl;user;add' {
            [CompletionResult]::new('--email', '--email', [CompletionResultType]::ParameterName, 'The e-mail address, unique without regard to case')
            [CompletionResult]::new('--full-name', '--full-name', [CompletionResultType]::ParameterName, 'The name in full')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--admin', '--admin', [CompletionResultType]::ParameterName, 'Make an administrator of them')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;user;list' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;user;show' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;user;edit' {
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'The new name')
            [CompletionResult]::new('--email', '--email', [CompletionResultType]::ParameterName, 'The new e-mail address')
            [CompletionResult]::new('--full-name', '--full-name', [CompletionResultType]::ParameterName, 'The new full name')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--admin', '--admin', [CompletionResultType]::ParameterName, 'Make an administrator of them')
            [CompletionResult]::new('--no-admin', '--no-admin', [CompletionResultType]::ParameterName, 'Make them an administrator no longer')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;user;ban' {
            [CompletionResult]::new('--reason', '--reason', [CompletionResultType]::ParameterName, 'Why, for the record')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;user;unban' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;user;remove' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;user;help' {
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a user')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the users')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one user')
            [CompletionResult]::new('edit', 'edit', [CompletionResultType]::ParameterValue, 'Change a user')
            [CompletionResult]::new('ban', 'ban', [CompletionResultType]::ParameterValue, 'Reject a user''s tokens while the ban stands')
            [CompletionResult]::new('unban', 'unban', [CompletionResultType]::ParameterValue, 'Lift a ban')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove a user and all their tokens')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'tokctl;user;help;add' {
            break
        }
        'tokctl;user;help;list' {
            break
        }
        'tokctl;user;help;show' {
            break
        }
        'tokctl;user;help;edit' {
            break
        }
        'tokctl;user;help;ban' {
            break
        }
        'tokctl;user;help;unban' {
            break
        }
        'tokctl;user;help;remove' {
            break
        }
        'tokctl;user;help;help' {
            break
        }
        'tokctl;settings' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List all settings with value, default and meaning')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Print the value of one')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Change one')
            [CompletionResult]::new('unset', 'unset', [CompletionResultType]::ParameterValue, 'Give one its default again')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'tokctl;settings;list' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;settings;get' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;settings;set' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;settings;unset' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;settings;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List all settings with value, default and meaning')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Print the value of one')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Change one')
            [CompletionResult]::new('unset', 'unset', [CompletionResultType]::ParameterValue, 'Give one its default again')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'tokctl;settings;help;list' {
            break
        }
        'tokctl;settings;help;get' {
            break
        }
        'tokctl;settings;help;set' {
            break
        }
        'tokctl;settings;help;unset' {
            break
        }
        'tokctl;settings;help;help' {
            break
        }
        'tokctl;import' {
            [CompletionResult]::new('--table-prefix', '--table-prefix', [CompletionResultType]::ParameterName, 'What the names of all tables begin with (shield: DBPrefix)')
            [CompletionResult]::new('--table', '--table', [CompletionResultType]::ParameterName, 'The table of tokens')
            [CompletionResult]::new('--type', '--type', [CompletionResultType]::ParameterName, 'The type of the tokens (adonisjs; without it, auth_token)')
            [CompletionResult]::new('--prefix', '--prefix', [CompletionResultType]::ParameterName, 'What secrets begin with (adonisjs; without it, oat_)')
            [CompletionResult]::new('--time-zone', '--time-zone', [CompletionResultType]::ParameterName, 'The zone of dates that do not say theirs: an IANA name or an offset; without it, UTC')
            [CompletionResult]::new('--salt-file', '--salt-file', [CompletionResultType]::ParameterName, 'A file with the project''s API_TOKEN_SALT (strapi)')
            [CompletionResult]::new('--salt', '--salt', [CompletionResultType]::ParameterName, 'salt')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--match-names', '--match-names', [CompletionResultType]::ParameterName, 'Match users by name too, not by e-mail address alone')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Report and write nothing')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Report row by row')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Report row by row')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;export' {
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'Write to a new file that only this account may read')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;backup' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace a file that exists')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;restore' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;doctor' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--strict', '--strict', [CompletionResultType]::ParameterName, 'Exit with 1 on any finding')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;completions' {
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;man' {
            [CompletionResult]::new('--out', '--out', [CompletionResultType]::ParameterName, 'Write all pages to this folder, which is made if need be')
            [CompletionResult]::new('--database', '--database', [CompletionResultType]::ParameterName, 'The database; without it, tokctl/tokctl.db in the account''s data folder')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to print: human (tables and sentences), json, jsonl (a JSON object a line) or csv')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to colour')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Short for --format json')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print no remarks')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'tokctl;help' {
            [CompletionResult]::new('create', 'create', [CompletionResultType]::ParameterValue, 'Issue a token and print its secret, this once')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Tell whether a secret is a good token''s, by exit code')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Give a token a new secret, with the same owner, name and scopes')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List tokens: the active ones, unless told otherwise')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show all that is known of a token')
            [CompletionResult]::new('log', 'log', [CompletionResultType]::ParameterValue, 'Show who did what, and which verifications failed')
            [CompletionResult]::new('stats', 'stats', [CompletionResultType]::ParameterValue, 'Show the estate at a glance')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'Reject tokens from now on')
            [CompletionResult]::new('revoke-all', 'revoke-all', [CompletionResultType]::ParameterValue, 'Reject all tokens of a user, or of everyone')
            [CompletionResult]::new('prune', 'prune', [CompletionResultType]::ParameterValue, 'Delete tokens that ended long ago')
            [CompletionResult]::new('user', 'user', [CompletionResultType]::ParameterValue, 'Add, list, show, change, ban and remove users')
            [CompletionResult]::new('settings', 'settings', [CompletionResultType]::ParameterValue, 'Read and change the settings that all users of the database share')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Bring users and tokens over from another system')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write users and tokens as JSON Lines, without secrets')
            [CompletionResult]::new('backup', 'backup', [CompletionResultType]::ParameterValue, 'Write a consistent copy of the database while others use it')
            [CompletionResult]::new('restore', 'restore', [CompletionResultType]::ParameterValue, 'Put a backup in the place of the database')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Find what is wrong, and the commands that mend it')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print what makes a shell complete commands, token ids and users')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print the manual of tokctl, or write all its pages to a folder')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'tokctl;help;create' {
            break
        }
        'tokctl;help;verify' {
            break
        }
        'tokctl;help;rotate' {
            break
        }
        'tokctl;help;list' {
            break
        }
        'tokctl;help;show' {
            break
        }
        'tokctl;help;log' {
            break
        }
        'tokctl;help;stats' {
            break
        }
        'tokctl;help;revoke' {
            break
        }
        'tokctl;help;revoke-all' {
            break
        }
        'tokctl;help;prune' {
            break
        }
        'tokctl;help;user' {
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a user')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the users')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show one user')
            [CompletionResult]::new('edit', 'edit', [CompletionResultType]::ParameterValue, 'Change a user')
            [CompletionResult]::new('ban', 'ban', [CompletionResultType]::ParameterValue, 'Reject a user''s tokens while the ban stands')
            [CompletionResult]::new('unban', 'unban', [CompletionResultType]::ParameterValue, 'Lift a ban')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove a user and all their tokens')
            break
        }
        'tokctl;help;user;add' {
            break
        }
        'tokctl;help;user;list' {
            break
        }
        'tokctl;help;user;show' {
            break
        }
        'tokctl;help;user;edit' {
            break
        }
        'tokctl;help;user;ban' {
            break
        }
        'tokctl;help;user;unban' {
            break
        }
        'tokctl;help;user;remove' {
            break
        }
        'tokctl;help;settings' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List all settings with value, default and meaning')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Print the value of one')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Change one')
            [CompletionResult]::new('unset', 'unset', [CompletionResultType]::ParameterValue, 'Give one its default again')
            break
        }
        'tokctl;help;settings;list' {
            break
        }
        'tokctl;help;settings;get' {
            break
        }
        'tokctl;help;settings;set' {
            break
        }
        'tokctl;help;settings;unset' {
            break
        }
        'tokctl;help;import' {
            break
        }
        'tokctl;help;export' {
            break
        }
        'tokctl;help;backup' {
            break
        }
        'tokctl;help;restore' {
            break
        }
        'tokctl;help;doctor' {
            break
        }
        'tokctl;help;completions' {
            break
        }
        'tokctl;help;man' {
            break
        }
        'tokctl;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
