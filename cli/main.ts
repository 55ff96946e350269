#!/usr/bin/env node
import { Command } from 'commander';
import { version } from '../core/version.ts';

const program = new Command('weir').version(version);
await program.parseAsync();
