#!/usr/bin/env node
import { bundled } from './code-cache.ts';

bundled().run();
