import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerOfModel, finishOf, messagesOf, saidIn } from './messages.ts';

const text = (content: string) => ({ type: 'text', content });

describe('messages of roles and parts', () => {
  it('are those of our own sessions', () => {
    const prompt = [
      { role: 'system', content: 'be kind' },
      { role: 'user', content: [{ type: 'text', text: 'greet' }] },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'I do' },
          { type: 'tool-call', toolCallId: 'c1', toolName: 'shell', input: { command: 'echo hi' } },
        ],
      },
      {
        role: 'tool',
        content: [{ type: 'tool-result', toolCallId: 'c1', toolName: 'shell', output: { type: 'text', value: 'hi' } }],
      },
    ];
    expect(messagesOf({ prompt, tools: [] })).toEqual([
      { role: 'system', parts: [text('be kind')] },
      { role: 'user', parts: [text('greet')] },
      {
        role: 'assistant',
        parts: [text('I do'), { type: 'tool_call', id: 'c1', name: 'shell', arguments: { command: 'echo hi' } }],
      },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: { type: 'text', value: 'hi' } }] },
    ]);
    const answer = answerOfModel([
      { type: 'text', text: 'done' },
      { type: 'call', tool: 'files', input: { action: 'list' } },
    ]);
    expect(answer).toEqual({
      role: 'assistant',
      parts: [text('done'), { type: 'tool_call', id: null, name: 'files', arguments: { action: 'list' } }],
    });
    expect(answer && [finishOf(answer), saidIn(answer)]).toEqual(['tool_call', 'done']);
  });

  it('are those of other people’s wires', () => {
    const openAi = {
      messages: [
        { role: 'user', content: 'greet' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'bash', arguments: '{"cmd":"ls"}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'a' },
      ],
    };
    expect(messagesOf(openAi)).toEqual([
      { role: 'user', parts: [text('greet')] },
      { role: 'assistant', parts: [{ type: 'tool_call', id: 'c1', name: 'bash', arguments: { cmd: 'ls' } }] },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: 'a' }] },
    ]);
    expect(answerOfModel({ choices: [{ message: { role: 'assistant', content: 'hello' } }] })).toEqual({
      role: 'assistant',
      parts: [text('hello')],
    });
    expect(answerOfModel({ content: [{ type: 'tool_use', id: 't', name: 'read', input: { path: 'a' } }] })).toEqual({
      role: 'assistant',
      parts: [{ type: 'tool_call', id: 't', name: 'read', arguments: { path: 'a' } }],
    });
    expect(answerOfModel({ text: 'as you wish' })).toEqual({ role: 'assistant', parts: [text('as you wish')] });
  });

  it('are there whatever was recorded, and lose nothing that is text', () => {
    expect(messagesOf({ question: 1 })).toEqual([{ role: 'user', parts: [text('{"question":1}')] }]);
    expect([messagesOf(null), answerOfModel(null)]).toEqual([[], null]);
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.stringify(messagesOf(value))).toBeDefined();
        expect(JSON.stringify(answerOfModel(value))).toBeDefined();
      }),
    );
  });
});
