import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import { AIMessage, type BaseMessage } from '@langchain/core/messages';
import { fakeModel } from '@langchain/core/testing';
import type { StructuredToolInterface } from '@langchain/core/tools';

/**
 * No model at all: a script that plays one. Finds the ticket about a fire, and closes it where it was given a tool for that.
 * Whatever it is told to do, it does this.
 */
export function scriptedModel(tools: readonly StructuredToolInterface[]): BaseChatModel {
  const mayClose = tools.some(({ name }) => name === 'close_ticket');
  const afterSearch = (messages: BaseMessage[]): AIMessage => {
    const id = Number(/"id":(\d+)/.exec(lastText(messages))?.[1]);
    if (!mayClose) return new AIMessage(`Ticket ${id} is about a fire, but I was given no tool to close it with.`);
    return new AIMessage({ content: '', tool_calls: [{ id: 'call-2', name: 'close_ticket', args: { id } }] });
  };
  return fakeModel()
    .respondWithTools([{ id: 'call-1', name: 'find_tickets', args: { word: 'fire' } }])
    .respond(afterSearch)
    .respond(
      (messages) => new AIMessage(lastText(messages).includes('"open":false') ? 'It is closed.' : 'It is still open.'),
    );
}

const lastText = (messages: BaseMessage[]): string => messages.at(-1)?.text ?? '';
