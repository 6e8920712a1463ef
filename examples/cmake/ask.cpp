#include "answers.h"
#include <iostream>
#include <string>

int main(int argc, char **argv)
{
    if (argc != 3) return std::cerr << "ask FOLDER QUESTION\n", 2;
    std::string answer(512, '\0');
    const bool good = answers_ask(argv[1], argv[2], answer.data(), answer.size());
    std::cout << answer.c_str();
#ifdef HAVE_LETTERS
    std::cout << ", of " << letters_count(answer.c_str()) << " different letters";
#endif
    std::cout << "\n";
    return !good;
}
